/* FIFOs, one for each type of message. The address is their prefix, then a colon and the size of a
 * message: a stream of bytes has no bounds of its own. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends[3];
static size_t message_size;

void transport_open(const struct params* params) {
    const char* colon = strrchr(params->address, ':');
    need(colon != NULL, "the address");
    message_size = (size_t)atol(colon + 1);
    for (int type = 1; type <= 2; type++) {
        char path[4096];
        snprintf(path, sizeof path, "%.*s.%d", (int)(colon - params->address), params->address,
                 type);
        ends[type] = open(path, O_RDWR | O_CLOEXEC); /* never waits, and never sees the end */
        need(ends[type] >= 0, "open");
    }
}

void transport_send(const struct message* message, size_t size) {
    for (size_t done = 0; done < size;) {
        const ssize_t count = write(ends[message->type], message->payload + done, size - done);
        if (count < 0)
            fail(strerror(errno));
        done += (size_t)count;
    }
}

/* Type 0 is the stream, which is of type 1. */
size_t transport_receive(struct message* message, long type) {
    const int fd = ends[type == 0 ? 1 : type];
    for (size_t done = 0; done < message_size;) {
        const ssize_t count = read(fd, message->payload + done, message_size - done);
        if (count < 0)
            fail(strerror(errno));
        done += (size_t)count;
    }
    return message_size;
}
