/* What channel.h is made of where the ring of a channel grows: which of its segments have memory.
 * The layout and the protocol: docs/channel.md. */
#ifndef POSIX_IPC_CHANNEL_SEGMENT_MEMORY_H
#define POSIX_IPC_CHANNEL_SEGMENT_MEMORY_H

#include <posix-ipc/channel_claimed.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MADV_POPULATE_WRITE of Linux 5.14: the headers of libc may be older. */
#define POSIX_IPC_POPULATE_WRITE 23

/* So many always have memory; so many bytes are given back at once, and not more often than this.
 */
#define POSIX_IPC_SEGMENTS_FEWEST 2u
#define POSIX_IPC_SEGMENTS_AT_ONCE (1u << 22)
#define POSIX_IPC_SEGMENTS_PAUSE_NS INT64_C(100000000)
/* After the system had no memory it is not asked for so long. */
#define POSIX_IPC_SEGMENTS_PATIENCE_NS INT64_C(10000000)

/* Of a segment: it has no memory; it has, and nothing in it; it is in use. */
enum { POSIX_IPC_SEGMENT_BARE, POSIX_IPC_SEGMENT_SPARE, POSIX_IPC_SEGMENT_USED };

struct posix_ipc_channel_segments {
    uint32_t all;             /* how many there may be */
    uint32_t begin, used;     /* the position where the oldest in use begins; how many are in use */
    uint32_t reserved, peak;  /* that have memory; in use at most, since some were given back */
    uint32_t from, to, place; /* the positions that are written, and where they are in the ring */
    int lack;                 /* an errno: why the last ones got no memory; 0: they would have */
    int is_unknown;           /* those that are bare may have memory, of the last sender */
    int64_t lacked_at, gave_at;
    unsigned char states[POSIX_IPC_CHANNEL_MOST_SEGMENTS];
    uint16_t table[POSIX_IPC_CHANNEL_MOST_SEGMENTS]; /* as in the channel, where others may write */
};

/* The index of a position in the table. */
static inline uint32_t posix_ipc_segments_entry(const struct posix_ipc_channel_end* sender,
                                                uint32_t position) {
    return (position & (sender->capacity - 1)) / sender->piece;
}

/* Where those in use end. */
static inline uint32_t posix_ipc_segments_end(const struct posix_ipc_channel_end* sender) {
    return sender->segments->begin + sender->segments->used * sender->piece;
}

/* Where a segment is in the ring. */
static inline uint32_t posix_ipc_segments_place(const struct posix_ipc_channel_end* sender,
                                                uint32_t segment) {
    return POSIX_IPC_CHANNEL_SEGMENTS - (uint32_t)sizeof(struct posix_ipc_channel_head) +
           segment * sender->piece;
}

static inline void posix_ipc_segments_note(struct posix_ipc_channel_end* sender) {
    __atomic_store_n(&sender->mine->reserved, sender->segments->reserved, __ATOMIC_RELAXED);
}

/* ---- memory */

/* Gives pages to segments: all that they touch, so that no touch can be a SIGBUS. 0, or an errno.
 */
static inline int posix_ipc_segments_dress(const struct posix_ipc_channel_end* sender,
                                           uint32_t first, uint32_t count) {
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t from = (uintptr_t)sender->ring + posix_ipc_segments_place(sender, first);
    const uintptr_t to = from + (uintptr_t)count * sender->piece;
    const uintptr_t begin = from & ~(page - 1);
    if (madvise((void*)begin, to - begin, POSIX_IPC_POPULATE_WRITE) == 0)
        return 0;
    return errno == EFAULT ? ENOSPC : errno; /* a touch would have been a SIGBUS */
}

/* Gives the pages back that lie inside of segments: 0, or an errno. */
static inline int posix_ipc_segments_strip(const struct posix_ipc_channel_end* sender,
                                           uint32_t first, uint32_t count) {
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t from = (uintptr_t)sender->ring + posix_ipc_segments_place(sender, first);
    const uintptr_t to = (from + (uintptr_t)count * sender->piece) & ~(page - 1);
    const uintptr_t begin = (from + page - 1) & ~(page - 1);
    return begin >= to || madvise((void*)begin, to - begin, MADV_REMOVE) == 0 ? 0 : errno;
}

/* Whether a receiver that lives copies from a segment that is not in use any more. After tail was
 * loaded, sequentially consistent: see posix_ipc_channel_guard(). */
static inline int posix_ipc_segments_are_read(const struct posix_ipc_channel_end* sender) {
    const struct posix_ipc_channel* channel = &sender->channel;
    if (!posix_ipc_channel_is_claimed(&channel->shape))
        return 0;
    const uint32_t in_use = sender->segments->used * sender->piece;
    for (uint32_t i = 0; i < channel->shape.receivers; i++) {
        const struct posix_ipc_mutex* role = posix_ipc_channel_role(channel, 0, i);
        const uint32_t guard =
            __atomic_load_n(posix_ipc_channel_guard(sender, i), __ATOMIC_SEQ_CST);
        if (guard != 0 && (guard & ~1u) - sender->segments->begin >= in_use &&
            (__atomic_load_n(&role->word, __ATOMIC_SEQ_CST) & FUTEX_TID_MASK) != 0)
            return 1;
    }
    return 0;
}

/* Of bare ones: what they got for nothing. A receiver may still copy what the last sender left
 * there. */
static inline void posix_ipc_segments_undress(const struct posix_ipc_channel_end* sender,
                                              uint32_t first, uint32_t count) {
    if (sender->segments->is_unknown && posix_ipc_segments_are_read(sender))
        return;
    for (uint32_t i = first; i < first + count; i++)
        if (sender->segments->states[i] == POSIX_IPC_SEGMENT_BARE)
            posix_ipc_segments_strip(sender, i, 1);
}

/* Those of some that have no memory get some: 0; or an errno, and they have none again. */
static inline int posix_ipc_segments_reserve(struct posix_ipc_channel_end* sender, uint32_t first,
                                             uint32_t count) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    for (uint32_t i = first; i < first + count; i++) {
        if (segments->states[i] != POSIX_IPC_SEGMENT_BARE)
            continue;
        if (segments->lack != 0 &&
            posix_ipc_now() - segments->lacked_at < POSIX_IPC_SEGMENTS_PATIENCE_NS)
            return segments->lack;
        const int result = posix_ipc_segments_dress(sender, i, 1);
        if (result != 0) {
            segments->lacked_at = posix_ipc_now();
            posix_ipc_segments_undress(sender, first, i + 1 - first);
            return result;
        }
    }
    for (uint32_t i = first; i < first + count; i++) {
        if (segments->states[i] == POSIX_IPC_SEGMENT_BARE) {
            segments->states[i] = POSIX_IPC_SEGMENT_SPARE;
            segments->reserved++;
        }
    }
    return 0;
}

/* Those that are bare have no memory from now on: the last sender may have given them some. */
static inline void posix_ipc_segments_learn(struct posix_ipc_channel_end* sender) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    for (uint32_t i = 0; segments->is_unknown && i < segments->all; i++)
        if (segments->states[i] == POSIX_IPC_SEGMENT_BARE)
            posix_ipc_segments_strip(sender, i, 1);
    segments->is_unknown = 0;
}

/* Gives back what is not in use, from the end on, so many at most, until so many have memory. */
static inline void posix_ipc_segments_give_back(struct posix_ipc_channel_end* sender, uint32_t keep,
                                                uint32_t most) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    if (posix_ipc_segments_are_read(sender))
        return;
    posix_ipc_segments_learn(sender);
    for (uint32_t i = segments->all; i-- > 0 && most > 0 && segments->reserved > keep;) {
        if (segments->states[i] != POSIX_IPC_SEGMENT_SPARE ||
            posix_ipc_segments_strip(sender, i, 1) != 0)
            continue;
        segments->states[i] = POSIX_IPC_SEGMENT_BARE;
        segments->reserved--;
        most--;
    }
    posix_ipc_segments_note(sender);
}

#ifdef __cplusplus
}
#endif

#endif
