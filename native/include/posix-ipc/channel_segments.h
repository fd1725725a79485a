/* What channel.h is made of where the ring of a channel grows: which of its segments the sender
 * uses, in which order. The layout and the protocol: docs/channel.md. */
#ifndef POSIX_IPC_CHANNEL_SEGMENTS_H
#define POSIX_IPC_CHANNEL_SEGMENTS_H

#include <posix-ipc/channel_segment_memory.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- which are in use */

static inline void posix_ipc_segments_use(struct posix_ipc_channel_end* sender, uint32_t segment) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    const uint32_t entry = posix_ipc_segments_entry(sender, posix_ipc_segments_end(sender));
    segments->table[entry] = (uint16_t)segment;
    segments->states[segment] = POSIX_IPC_SEGMENT_USED;
    segments->used++;
}

/* Those before the position of the receiver are not in use any more. */
static inline void posix_ipc_segments_release(struct posix_ipc_channel_end* sender) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    while (segments->used > 0 && sender->peer - segments->begin <= sender->capacity &&
           sender->peer - segments->begin >= sender->piece) {
        const uint32_t entry = posix_ipc_segments_entry(sender, segments->begin);
        segments->states[segments->table[entry]] = POSIX_IPC_SEGMENT_SPARE;
        segments->begin += sender->piece;
        segments->used--;
    }
}

/* Nor are those that begin at the position of the sender, or behind it. */
static inline void posix_ipc_segments_cut(struct posix_ipc_channel_end* sender) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    while (segments->used > 0) {
        const uint32_t last = posix_ipc_segments_end(sender) - sender->piece;
        if ((int32_t)(last - sender->position) < 0)
            break;
        segments->states[segments->table[posix_ipc_segments_entry(sender, last)]] =
            POSIX_IPC_SEGMENT_SPARE;
        segments->used--;
    }
    segments->to = posix_ipc_segments_end(sender);
}

/* The first of so many in a row that have one of these states, and are not that one; `all`: none.
 */
static inline uint32_t posix_ipc_segments_run(const struct posix_ipc_channel_segments* segments,
                                              uint32_t count, int least, int most, uint32_t but) {
    uint32_t run = 0;
    for (uint32_t i = 0; i < segments->all; i++) {
        const int state = segments->states[i];
        run = state < least || state > most || i == but ? 0 : run + 1;
        if (run == count)
            return i + 1 - count;
    }
    return segments->all;
}

/* The first of so many in a row that are not in use, one that has memory if it is one; `all`: none.
 */
static inline uint32_t posix_ipc_segments_find(const struct posix_ipc_channel_segments* segments,
                                               uint32_t count) {
    const unsigned char* spare =
        (const unsigned char*)memchr(segments->states, POSIX_IPC_SEGMENT_SPARE, segments->all);
    if (count == 1 && spare != NULL)
        return (uint32_t)(spare - segments->states);
    return posix_ipc_segments_run(segments, count, POSIX_IPC_SEGMENT_BARE, POSIX_IPC_SEGMENT_SPARE,
                                  segments->all);
}

/* Whether so many from one on are not in use. */
static inline int posix_ipc_segments_are_free(const struct posix_ipc_channel_segments* segments,
                                              uint32_t first, uint32_t count) {
    return first <= segments->all && count <= segments->all - first &&
           memchr(segments->states + first, POSIX_IPC_SEGMENT_USED, count) == NULL;
}

/* The one behind the last one in use: the ring goes on there without a gap. */
static inline uint32_t posix_ipc_segments_next(const struct posix_ipc_channel_end* sender) {
    const struct posix_ipc_channel_segments* segments = sender->segments;
    const uint32_t last = posix_ipc_segments_end(sender) - sender->piece;
    return segments->used == 0
               ? segments->all
               : segments->table[posix_ipc_segments_entry(sender, last)] + UINT32_C(1);
}

/* So many more are in use, from one on, if they get memory: where they are in the ring; 0: `lack`.
 */
static inline uint32_t posix_ipc_segments_add(struct posix_ipc_channel_end* sender, uint32_t first,
                                              uint32_t count) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    const uint32_t head = (uint32_t)sizeof(struct posix_ipc_channel_head);
    segments->lack = posix_ipc_segments_reserve(sender, first, count);
    posix_ipc_segments_note(sender);
    if (segments->lack != 0)
        return 0;
    uint32_t* table = (uint32_t*)(void*)(sender->ring + (POSIX_IPC_CHANNEL_TABLE - head));
    for (uint32_t i = first; i < first + count; i++) {
        const uint32_t entry = posix_ipc_segments_entry(sender, posix_ipc_segments_end(sender));
        __atomic_store_n(table + entry, i, __ATOMIC_RELAXED);
        posix_ipc_segments_use(sender, i);
    }
    if (segments->used > segments->peak)
        segments->peak = segments->used;
    return posix_ipc_segments_place(sender, first);
}

/* How many segments a record of that size needs, and how many beside the rest of the last one. */
static inline uint32_t posix_ipc_segments_count(const struct posix_ipc_channel_end* sender,
                                                uint32_t size) {
    return (size + sender->piece - 1) / sender->piece;
}

static inline uint32_t posix_ipc_segments_further(const struct posix_ipc_channel_end* sender,
                                                  uint32_t size) {
    return posix_ipc_segments_count(sender, size - (sender->segments->to - sender->position));
}

/* The same of those that have memory. */
static inline uint32_t posix_ipc_segments_add_spare(struct posix_ipc_channel_end* sender,
                                                    uint32_t count) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    const int lack = segments->lack;
    const uint32_t first = posix_ipc_segments_run(segments, count, POSIX_IPC_SEGMENT_SPARE,
                                                  POSIX_IPC_SEGMENT_SPARE, segments->all);
    if (first == segments->all)
        return 0;
    const uint32_t place = posix_ipc_segments_add(sender, first, count);
    segments->lack = lack;
    return place;
}

/* Room for a record of that size, in one piece: in other segments, or in those right behind the
 * last one, where that takes no more memory. Where they are in the ring; 0: there are none, or
 * `lack`. */
static inline uint32_t posix_ipc_segments_take(struct posix_ipc_channel_end* sender,
                                               uint32_t size) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    const uint32_t further = posix_ipc_segments_further(sender, size);
    const uint32_t count = posix_ipc_segments_count(sender, size);
    const uint32_t next = posix_ipc_segments_next(sender);
    const uint32_t first = posix_ipc_segments_find(segments, count);
    uint32_t place = 0;
    if (posix_ipc_segments_are_free(segments, next, further) &&
        (first == segments->all || segments->states[first] != POSIX_IPC_SEGMENT_SPARE ||
         segments->states[next] == POSIX_IPC_SEGMENT_SPARE))
        place = posix_ipc_segments_add(sender, next, further);
    else if (first != segments->all)
        place = posix_ipc_segments_add(sender, first, count);
    else
        segments->lack = 0;
    return place == 0 && segments->lack != 0 ? posix_ipc_segments_add_spare(sender, count) : place;
}

/* Whether there would be any, without more memory, if nothing waited. */
static inline int posix_ipc_segments_may_take(const struct posix_ipc_channel_end* sender,
                                              uint32_t size) {
    const struct posix_ipc_channel_segments* segments = sender->segments;
    const uint32_t further = posix_ipc_segments_further(sender, size);
    const uint32_t next = posix_ipc_segments_next(sender);
    const uint32_t last = segments->to == sender->position ? segments->all : next - 1;
    if (next <= segments->all && further <= segments->all - next &&
        memchr(segments->states + next, POSIX_IPC_SEGMENT_BARE, further) == NULL)
        return 1;
    return posix_ipc_segments_run(segments, posix_ipc_segments_count(sender, size),
                                  POSIX_IPC_SEGMENT_SPARE, POSIX_IPC_SEGMENT_USED,
                                  last) != segments->all;
}

/* Takes the oldest messages away, a segment at a time, until a record of that size has room: 0, and
 * where it is in the ring; EBADMSG; or why there is no memory, and none is taken away. */
static inline int posix_ipc_segments_discard(struct posix_ipc_channel_end* sender, uint32_t size,
                                             uint32_t* place) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    while (*place == 0 && sender->peer != sender->position) {
        if (segments->lack != 0 && !posix_ipc_segments_may_take(sender, size))
            return segments->lack;
        const uint32_t left = sender->position - (segments->begin + sender->piece);
        const int result = posix_ipc_sender_discard(
            sender, left > sender->capacity ? sender->capacity : sender->capacity - left);
        if (result != 0)
            return result;
        posix_ipc_segments_release(sender);
        *place = posix_ipc_segments_take(sender, size);
    }
    return 0;
}

/* Goes on elsewhere, from the position on where the last segments end. */
static inline void posix_ipc_segments_jump(struct posix_ipc_channel_end* sender, uint32_t place) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    if (segments->to != sender->position) {
        const uint32_t at = segments->place + (sender->position - segments->from);
        __atomic_store_n((uint32_t*)(void*)(sender->ring + at), POSIX_IPC_RING_WRAP,
                         __ATOMIC_RELAXED);
    }
    sender->position = segments->from = segments->to;
    segments->place = place;
}

/* Now and then: gives back what has not been in use since the last time. */
static inline void posix_ipc_segments_tend(struct posix_ipc_channel_end* sender) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    const uint32_t fewest = POSIX_IPC_SEGMENTS_FEWEST;
    const uint32_t most = POSIX_IPC_SEGMENTS_AT_ONCE / sender->piece;
    if (segments->reserved <= fewest && !segments->is_unknown)
        return;
    const int64_t now = posix_ipc_now();
    if (now - segments->gave_at < POSIX_IPC_SEGMENTS_PAUSE_NS)
        return;
    segments->gave_at = now;
    posix_ipc_segments_give_back(sender, segments->peak < fewest ? fewest : segments->peak,
                                 most == 0 ? 1 : most);
    segments->peak = segments->used;
}

/* Goes on in other segments, in one piece, where a record of that size has room: 0; EAGAIN: there
 * are none; ENOSPC, ENOMEM: there is no memory, and nothing waits that would make room. */
static inline int posix_ipc_segments_enter(struct posix_ipc_channel_end* sender, uint32_t size) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    sender->peer = __atomic_load_n(&sender->theirs->position, __ATOMIC_SEQ_CST);
    const uint32_t used = sender->position - sender->peer;
    if (!posix_ipc_channel_fits(sender, used))
        return EBADMSG;
    posix_ipc_segments_cut(sender);
    posix_ipc_segments_release(sender);
    uint32_t place = posix_ipc_segments_take(sender, size);
    if (place == 0) {
        posix_ipc_channel_note_high(sender, used);
        if (sender->channel.shape.full == POSIX_IPC_CHANNEL_DROP_OLDEST) {
            const int result = posix_ipc_segments_discard(sender, size, &place);
            if (result != 0)
                return result;
        }
    }
    if (place == 0)
        return segments->lack != 0 && sender->peer == sender->position ? segments->lack : EAGAIN;
    if (place != segments->place + (segments->to - segments->from))
        posix_ipc_segments_jump(sender, place);
    segments->to = posix_ipc_segments_end(sender);
    posix_ipc_segments_tend(sender);
    return 0;
}

/* Gives back all that is not in use: what the receiver has left. */
static inline void posix_ipc_segments_trim(struct posix_ipc_channel_end* sender) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    const uint32_t peer = __atomic_load_n(&sender->theirs->position, __ATOMIC_SEQ_CST);
    if (!posix_ipc_channel_fits(sender, sender->position - peer))
        return;
    sender->peer = peer;
    if (!sender->claimed)
        posix_ipc_segments_cut(sender);
    posix_ipc_segments_release(sender);
    posix_ipc_segments_give_back(sender, POSIX_IPC_SEGMENTS_FEWEST, segments->all);
}

/* ---- opening */

/* As many have memory as always should. */
static inline void posix_ipc_segments_complete(struct posix_ipc_channel_end* sender) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    segments->lack = 0;
    for (uint32_t i = 0; i < segments->all && segments->reserved < POSIX_IPC_SEGMENTS_FEWEST; i++)
        if (segments->states[i] == POSIX_IPC_SEGMENT_BARE &&
            posix_ipc_segments_reserve(sender, i, 1) != 0)
            return;
}

/* As the last sender has left them: 0, or EBADMSG. What it had beside them is given back. */
static inline int posix_ipc_segments_recover(struct posix_ipc_channel_end* sender) {
    struct posix_ipc_channel_segments* segments = sender->segments;
    segments->all = sender->capacity / sender->piece;
    segments->begin = sender->peer & ~(sender->piece - 1);
    while ((int32_t)(sender->position - posix_ipc_segments_end(sender)) > 0) {
        const uint32_t at = posix_ipc_channel_place(sender, posix_ipc_segments_end(sender));
        const uint32_t segment = (at - posix_ipc_segments_place(sender, 0)) / sender->piece;
        if (segments->states[segment] == POSIX_IPC_SEGMENT_USED)
            return EBADMSG;
        posix_ipc_segments_use(sender, segment);
        segments->place = at;
    }
    segments->from = sender->position & ~(sender->piece - 1);
    segments->to = posix_ipc_segments_end(sender);
    segments->reserved = segments->used;
    segments->is_unknown = 1;
    __atomic_store_n(&sender->mine->tidies, 0, __ATOMIC_SEQ_CST); /* of who was killed */
    posix_ipc_segments_complete(sender);
    if (!posix_ipc_segments_are_read(sender))
        posix_ipc_segments_learn(sender);
    posix_ipc_segments_complete(sender);
    posix_ipc_segments_note(sender);
    return 0;
}

/* What the sender of a ring that grows needs, and nothing of another one: 0, EBADMSG or ENOMEM. */
static inline int posix_ipc_segments_open(struct posix_ipc_channel_end* sender) {
    if (sender->piece == sender->capacity)
        return 0;
    sender->segments =
        (struct posix_ipc_channel_segments*)calloc(1, sizeof(struct posix_ipc_channel_segments));
    return sender->segments == NULL ? ENOMEM : posix_ipc_segments_recover(sender);
}

static inline void posix_ipc_segments_close(struct posix_ipc_channel_end* sender) {
    free(sender->segments);
    sender->segments = NULL;
}

#ifdef __cplusplus
}
#endif

#endif
