/* System V message queues. The address is the queue's identifier, then a colon and its key. */
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>

static int queue;

void transport_open(const struct params* params) {
    queue = atoi(params->address);
}

void transport_send(const struct message* message, size_t size) {
    if (msgsnd(queue, message, size, 0) < 0)
        fail(strerror(errno));
}

size_t transport_receive(struct message* message, long type) {
    const ssize_t length = msgrcv(queue, message, MAX_PAYLOAD, type, 0);
    if (length < 0)
        fail(strerror(errno));
    return (size_t)length;
}
