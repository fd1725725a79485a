/*
 * The bounded buffer, as in ../transports/bounded-buffer.ts: a ring of slots in shared memory, one
 * producer, one consumer, and two semaphores. There is a buffer for each direction.
 *
 * A transport includes this, defines the functions that wait and post, and puts the buffers where
 * its memory is.
 */
#ifndef BOUNDED_BUFFER_H
#define BOUNDED_BUFFER_H

#include "frame.h"
#include "transport.h"

enum { SLOTS = 4, ANSWER_SLOTS = 1 };

/* What lies in the shared memory. */
struct buffers {
    struct frame there[SLOTS];       /* from the sender: we consume */
    struct frame back[ANSWER_SLOTS]; /* to the sender: we produce */
};

/* The four semaphores: how many slots are free and how many are filled, for each direction. */
enum semaphore { FREE, FILLED, FREE_BACK, FILLED_BACK, SEMAPHORES };

static void semaphore_wait(enum semaphore which); /* takes one; waits while there is none */
static void semaphore_post(enum semaphore which); /* gives one back */

static struct buffers* buffers; /* set by transport_open */

/* The consumer. */
size_t transport_receive(long* type, const char** data) {
    static struct frame item; /* ours: after the post the producer writes over the slot */
    static unsigned next;

    semaphore_wait(FILLED);
    const struct frame* slot = &buffers->there[next];
    next = (next + 1) % SLOTS;
    memcpy(&item, slot, FRAME_HEAD);
    size_t length = frame_length(&item);
    memcpy(item.data, slot->data, length);
    semaphore_post(FREE);

    *type = item.type;
    *data = item.data;
    return length;
}

/* The producer. */
void transport_send(long type, const void* data, size_t length) {
    static unsigned next;

    semaphore_wait(FREE_BACK);
    frame_write(&buffers->back[next], type, data, length);
    next = (next + 1) % ANSWER_SLOTS;
    semaphore_post(FILLED_BACK);
}

#endif
