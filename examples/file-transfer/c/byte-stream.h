/*
 * Frames through a stream of bytes, which knows no messages, as in
 * ../transports/byte-stream-end.ts.
 *
 * A transport includes this, and opens what is read from and what is written to.
 */
#ifndef BYTE_STREAM_H
#define BYTE_STREAM_H

#include <unistd.h>

#include "frame.h"
#include "transport.h"

static int in, out; /* set by transport_open */

/* read(2) gives what is there, which may be less than was asked for. */
static void read_all(void* memory, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t count = read(in, (char*)memory + done, length - done);
        if (count == -1)
            err(EXIT_FAILURE, "read");
        if (count == 0)
            errx(EXIT_FAILURE, "the sender is gone");
        done += (size_t)count;
    }
}

size_t transport_receive(long* type, const char** data) {
    static struct frame frame;

    read_all(&frame, FRAME_HEAD);
    size_t length = frame_length(&frame);
    read_all(frame.data, length);
    *type = frame.type;
    *data = frame.data;
    return length;
}

/* A descriptor that blocks is written to until all is written. */
void transport_send(long type, const void* data, size_t length) {
    static struct frame frame;

    size_t size = frame_write(&frame, type, data, length);
    if (write(out, &frame, size) != (ssize_t)size)
        err(EXIT_FAILURE, "write");
}

#endif
