/* A message where the transport keeps neither its type nor, perhaps, its length: as in
 * ../transports/frame.ts. */
#ifndef FRAME_H
#define FRAME_H

#include <err.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_DATA = 64 * 1024 };

struct frame {
    uint32_t type;
    uint32_t length;
    char data[FRAME_DATA];
};

enum { FRAME_HEAD = offsetof(struct frame, data) };

/* Returns how many bytes of the frame are in use. */
static inline size_t frame_write(struct frame* frame, long type, const void* data, size_t length) {
    if (length > FRAME_DATA)
        errx(EXIT_FAILURE, "%zu bytes do not fit into a frame", length);
    frame->type = (uint32_t)type;
    frame->length = (uint32_t)length;
    memcpy(frame->data, data, length);
    return FRAME_HEAD + length;
}

/* The length of the data, which no other process can change once it is in our memory. */
static inline size_t frame_length(const struct frame* head) {
    if (head->length > FRAME_DATA)
        errx(EXIT_FAILURE, "a frame cannot hold %u bytes", (unsigned)head->length);
    return head->length;
}

#endif
