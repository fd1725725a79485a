/* What a channel was made for: how many may send and receive, and what becomes of a message for
 * which there is no room. A part of channel.h; the layout: docs/channel.md. */
#ifndef POSIX_IPC_CHANNEL_SHAPE_H
#define POSIX_IPC_CHANNEL_SHAPE_H

#include <posix-ipc/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

#define POSIX_IPC_CHANNEL_LAYOUT 1u
/* Of channels with options that must be known. */
#define POSIX_IPC_CHANNEL_SHAPED_LAYOUT 2u

#define POSIX_IPC_CHANNEL_MOST_SENDERS 64u
#define POSIX_IPC_CHANNEL_MOST_RECEIVERS 64u

/* Bytes of a record before its message. */
#define POSIX_IPC_CHANNEL_RECORD 8u

/* What becomes of a message for which there is no room. In the first layout: WAIT. */
enum posix_ipc_channel_full {
    POSIX_IPC_CHANNEL_WAIT,
    POSIX_IPC_CHANNEL_FAIL,        /* EAGAIN */
    POSIX_IPC_CHANNEL_DROP_NEWEST, /* it is dropped, and counted */
    POSIX_IPC_CHANNEL_DROP_OLDEST  /* the oldest ones are */
};

struct posix_ipc_channel_shape {
    uint32_t full;
    uint32_t rendezvous; /* without capacity: the longest message; else 0 */
    uint32_t senders, receivers;
    uint32_t segment;   /* of a ring that grows: bytes of a segment; else 0 */
    uint32_t temporary; /* 1: its name goes with the last one who has it open; see name.h */
};

#define POSIX_IPC_CHANNEL_LEAST_SEGMENT 4096u
#define POSIX_IPC_CHANNEL_FEWEST_SEGMENTS 4u
#define POSIX_IPC_CHANNEL_MOST_SEGMENTS 4096u

/* Of those words of the head that never change. What follows is an option that is not known. */
enum {
    POSIX_IPC_CHANNEL_LAYOUT_WORD = 1,
    POSIX_IPC_CHANNEL_FULL_WORD = 3,
    POSIX_IPC_CHANNEL_RENDEZVOUS_WORD,
    POSIX_IPC_CHANNEL_SENDERS_WORD,
    POSIX_IPC_CHANNEL_RECEIVERS_WORD,
    POSIX_IPC_CHANNEL_SEGMENT_WORD,
    POSIX_IPC_CHANNEL_TEMPORARY_WORD,
    POSIX_IPC_CHANNEL_UNKNOWN_WORD,
    POSIX_IPC_CHANNEL_ROLES_WORD = 16
};

static inline uint32_t posix_ipc_channel_word(const uint32_t* words, int index) {
    return __atomic_load_n(words + index, __ATOMIC_RELAXED);
}

/* How many ends a word means: 0 is one. */
static inline uint32_t posix_ipc_channel_ends(uint32_t word) {
    return word == 0 ? 1 : word;
}

/* Reads what is in the head: 0; EPROTO: this header does not know it. */
static inline int posix_ipc_channel_shape_read(const uint32_t* words,
                                               struct posix_ipc_channel_shape* shape) {
    const uint32_t layout = posix_ipc_channel_word(words, POSIX_IPC_CHANNEL_LAYOUT_WORD);
    for (int i = POSIX_IPC_CHANNEL_UNKNOWN_WORD; i < POSIX_IPC_CHANNEL_ROLES_WORD; i++)
        if (posix_ipc_channel_word(words, i) != 0)
            return EPROTO;
    memset(shape, 0, sizeof *shape);
    shape->senders = shape->receivers = 1;
    if (layout == POSIX_IPC_CHANNEL_LAYOUT)
        return 0;
    if (layout != POSIX_IPC_CHANNEL_SHAPED_LAYOUT)
        return EPROTO;
    shape->full = posix_ipc_channel_word(words, POSIX_IPC_CHANNEL_FULL_WORD);
    shape->rendezvous = posix_ipc_channel_word(words, POSIX_IPC_CHANNEL_RENDEZVOUS_WORD);
    shape->senders =
        posix_ipc_channel_ends(posix_ipc_channel_word(words, POSIX_IPC_CHANNEL_SENDERS_WORD));
    shape->receivers =
        posix_ipc_channel_ends(posix_ipc_channel_word(words, POSIX_IPC_CHANNEL_RECEIVERS_WORD));
    shape->segment = posix_ipc_channel_word(words, POSIX_IPC_CHANNEL_SEGMENT_WORD);
    shape->temporary = posix_ipc_channel_word(words, POSIX_IPC_CHANNEL_TEMPORARY_WORD);
    const int is_known = shape->full <= POSIX_IPC_CHANNEL_DROP_OLDEST && shape->temporary <= 1 &&
                         shape->senders <= POSIX_IPC_CHANNEL_MOST_SENDERS &&
                         shape->receivers <= POSIX_IPC_CHANNEL_MOST_RECEIVERS;
    return is_known ? 0 : EPROTO;
}

/* Writes it into a head that is 0. One that has no option has the layout that every version knows.
 */
static inline void posix_ipc_channel_shape_write(uint32_t* words,
                                                 const struct posix_ipc_channel_shape* shape) {
    const int is_usual = shape->full == POSIX_IPC_CHANNEL_WAIT && shape->rendezvous == 0 &&
                         shape->senders == 1 && shape->receivers == 1 && shape->segment == 0 &&
                         shape->temporary == 0;
    words[POSIX_IPC_CHANNEL_LAYOUT_WORD] =
        is_usual ? POSIX_IPC_CHANNEL_LAYOUT : POSIX_IPC_CHANNEL_SHAPED_LAYOUT;
    words[POSIX_IPC_CHANNEL_FULL_WORD] = shape->full;
    words[POSIX_IPC_CHANNEL_RENDEZVOUS_WORD] = shape->rendezvous;
    words[POSIX_IPC_CHANNEL_SEGMENT_WORD] = shape->segment;
    words[POSIX_IPC_CHANNEL_TEMPORARY_WORD] = shape->temporary;
    words[POSIX_IPC_CHANNEL_SENDERS_WORD] = shape->senders == 1 ? 0 : shape->senders;
    words[POSIX_IPC_CHANNEL_RECEIVERS_WORD] = shape->receivers == 1 ? 0 : shape->receivers;
}

/* Whether the longest message of a channel without capacity fits twice, and it has one sender, that
 * waits; or, of a ring that grows, the segments are as they must be. */
static inline int posix_ipc_channel_shape_fits(const struct posix_ipc_channel_shape* shape,
                                               uint32_t capacity) {
    const uint32_t segment = shape->segment;
    if (shape->rendezvous > 0 && (shape->senders > 1 || shape->full != POSIX_IPC_CHANNEL_WAIT))
        return 0;
    if (segment == 0)
        return shape->rendezvous <= capacity / 2 - POSIX_IPC_CHANNEL_RECORD;
    const uint32_t count = capacity / segment;
    return (segment & (segment - 1)) == 0 && segment >= POSIX_IPC_CHANNEL_LEAST_SEGMENT &&
           count >= POSIX_IPC_CHANNEL_FEWEST_SEGMENTS && count <= POSIX_IPC_CHANNEL_MOST_SEGMENTS &&
           shape->rendezvous == 0;
}

/* Whether a receiver is not the only one that takes messages away: others do, or the sender. */
static inline int posix_ipc_channel_is_claimed(const struct posix_ipc_channel_shape* shape) {
    return shape->receivers > 1 || shape->full == POSIX_IPC_CHANNEL_DROP_OLDEST ||
           shape->rendezvous > 0;
}

#ifdef __cplusplus
}
#endif

#endif
