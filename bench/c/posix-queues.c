/* POSIX message queues. The address is the name of one; the name of the other, for replies, ends
 * with "-reply". */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>

enum { REPLY = 2 };

static mqd_t queues[2];
static size_t room;

static mqd_t open_queue(const char* name, const char* end) {
    char whole[256];
    snprintf(whole, sizeof whole, "%s%s", name, end);
    const mqd_t queue = mq_open(whole, O_RDWR);
    if (queue == (mqd_t)-1)
        fail(strerror(errno));
    return queue;
}

void transport_open(const struct params* params) {
    struct mq_attr attributes;
    queues[0] = open_queue(params->address, "");
    queues[1] = open_queue(params->address, "-reply");
    need(mq_getattr(queues[0], &attributes) == 0, "mq_getattr");
    room = (size_t)attributes.mq_msgsize;
}

static mqd_t queue_of(long type) {
    return queues[type == REPLY];
}

void transport_send(const struct message* message, size_t size) {
    if (mq_send(queue_of(message->type), (const char*)message->payload, size, 0) != 0)
        fail(strerror(errno));
}

size_t transport_receive(struct message* message, long type) {
    unsigned priority = 0;
    char* const payload = (char*)message->payload;
    const ssize_t length = mq_receive(queue_of(type), payload, room, &priority);
    if (length < 0)
        fail(strerror(errno));
    return (size_t)length;
}
