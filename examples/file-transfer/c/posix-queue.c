/* Two POSIX message queues, one for each direction: mq_overview(7). */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdlib.h>

#include "transport.h"
#include "two-ways.h"

/* Messages of the highest priority come first. So the header has the highest, the end of the file
 * the lowest, and the data, of one priority, keeps its order: the priority is 4 less the type. */
enum { LAST_TYPE = 4 };

static mqd_t there, back;
static size_t message_size;
static char* buffer;

static mqd_t open_queue(const char* name, int access) {
    mqd_t queue = mq_open(name, access);
    if (queue == (mqd_t)-1)
        err(EXIT_FAILURE, "mq_open %s", name);
    return queue;
}

void transport_open(const char* name) {
    const struct names names = names_of(name);
    struct mq_attr attributes;
    there = open_queue(names.there, O_RDONLY);
    back = open_queue(names.back, O_WRONLY);
    /* Both ends have them now: without names they go when the ends go, even if both are killed. */
    transport_remove(name);

    if (mq_getattr(there, &attributes) == -1)
        err(EXIT_FAILURE, "mq_getattr");
    message_size = (size_t)attributes.mq_msgsize;
    buffer = malloc(message_size);
    if (buffer == NULL)
        err(EXIT_FAILURE, "malloc");
}

size_t transport_receive(long* type, const char** data) {
    unsigned priority;
    ssize_t length = mq_receive(there, buffer, message_size, &priority);
    if (length == -1)
        err(EXIT_FAILURE, "mq_receive");
    *type = LAST_TYPE - (long)priority;
    *data = buffer;
    return (size_t)length;
}

void transport_send(long type, const void* data, size_t length) {
    if (mq_send(back, data, length, (unsigned)(LAST_TYPE - type)) == -1)
        err(EXIT_FAILURE, "mq_send");
}

void transport_remove(const char* name) {
    const struct names names = names_of(name);
    mq_unlink(names.there);
    mq_unlink(names.back);
}
