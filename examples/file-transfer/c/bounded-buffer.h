/*
 * The bounded buffer, as in ../transports/bounded-buffer.ts: a ring of slots in shared memory, one
 * producer, one consumer, and two semaphores. There is a buffer for each direction.
 *
 * A transport includes this, defines the functions that wait and post, and puts the buffers where
 * its memory is.
 */
#ifndef BOUNDED_BUFFER_H
#define BOUNDED_BUFFER_H

#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "transport.h"

enum { SLOT_DATA = 64 * 1024, SLOTS = 4, ANSWER_SLOTS = 1 };

struct slot {
    uint32_t type;
    uint32_t length;
    char data[SLOT_DATA];
};

/* What lies in the shared memory. */
struct buffers {
    struct slot there[SLOTS];       /* from the sender: we consume */
    struct slot back[ANSWER_SLOTS]; /* to the sender: we produce */
};

/* The four semaphores: how many slots are free and how many are filled, for each direction. */
enum semaphore { FREE, FILLED, FREE_BACK, FILLED_BACK, SEMAPHORES };

static void semaphore_wait(enum semaphore which); /* takes one; waits while there is none */
static void semaphore_post(enum semaphore which); /* gives one back */

static struct buffers* buffers; /* set by transport_open */

/* The consumer. */
size_t transport_receive(long* type, const char** data) {
    static struct slot item; /* ours: after the post the producer writes over the slot */
    static unsigned next;

    semaphore_wait(FILLED);
    const struct slot* slot = &buffers->there[next];
    next = (next + 1) % SLOTS;
    item.type = slot->type;
    item.length = slot->length;
    if (item.length > SLOT_DATA)
        errx(EXIT_FAILURE, "a slot cannot hold %u bytes", (unsigned)item.length);
    memcpy(item.data, slot->data, item.length);
    semaphore_post(FREE);

    *type = item.type;
    *data = item.data;
    return item.length;
}

/* The producer. */
void transport_send(long type, const void* data, size_t length) {
    static unsigned next;

    if (length > SLOT_DATA)
        errx(EXIT_FAILURE, "%zu bytes do not fit into a slot", length);
    semaphore_wait(FREE_BACK);
    struct slot* slot = &buffers->back[next];
    next = (next + 1) % ANSWER_SLOTS;
    slot->type = (uint32_t)type;
    slot->length = (uint32_t)length;
    memcpy(slot->data, data, length);
    semaphore_post(FILLED_BACK);
}

#endif
