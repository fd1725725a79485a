/*
 * Frames through a socket that keeps messages apart, each frame a message, as in
 * ../transports/packet-end.ts.
 *
 * A transport includes this, and opens the socket.
 */
#ifndef PACKETS_H
#define PACKETS_H

#include <sys/socket.h>

#include "frame.h"
#include "transport.h"

static int connection; /* set by transport_open */

size_t transport_receive(long* type, const char** data) {
    static struct frame frame;

    ssize_t size = recv(connection, &frame, sizeof frame, 0);
    if (size == -1)
        err(EXIT_FAILURE, "recv");
    if (size == 0)
        errx(EXIT_FAILURE, "the sender is gone");
    if (size < FRAME_HEAD || (size_t)size != FRAME_HEAD + frame_length(&frame))
        errx(EXIT_FAILURE, "a message of %zd bytes is no frame", size);
    *type = frame.type;
    *data = frame.data;
    return frame.length;
}

void transport_send(long type, const void* data, size_t length) {
    static struct frame frame;

    if (send(connection, &frame, frame_write(&frame, type, data, length), 0) == -1)
        err(EXIT_FAILURE, "send");
}

#endif
