/* What channel.h is made of below its senders and receivers: how an end takes part, publishes and
 * waits. The protocol: docs/channel.md. Each function answers 0 or an errno. */
#ifndef POSIX_IPC_CHANNEL_END_H
#define POSIX_IPC_CHANNEL_END_H

#include <posix-ipc/channel_place.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a receiver knows of a lane. */
struct posix_ipc_channel_seen {
    uint32_t position, published, peer, count, high;
};

struct posix_ipc_channel_end {
    /* To be set after it was opened: how it waits; and, of a sender, whether its messages are
     * published together, 32 or 4 KiB of them, or what posix_ipc_sender_flush() finds. */
    enum posix_ipc_channel_waiting waiting;
    int together;
    /* The rest is its own. Of the channel: */
    struct posix_ipc_channel channel;
    struct posix_ipc_mutex* role; /* NULL: it has none */
    uint32_t tid;                 /* of the thread that has it */
    int after_death;              /* who had it before has died */
    uint32_t* awaits;             /* without capacity: where it says that a call waits; or NULL */
    int takes_turns;              /* it receives from several lanes */
    int is_claimed;               /* others take messages away, too: see channel_claimed.h */
    /* Of the lane that it sends to, or whose turn it is: */
    struct posix_ipc_channel_position *mine, *theirs;
    uint32_t* their_bell;
    unsigned char* ring;
    uint32_t capacity, lane, piece;
    uint32_t at; /* which sender, or receiver */
    /* Of a sender of a ring that grows: what channel_segments.h knows; else NULL. */
    struct posix_ipc_channel_segments* segments;
    /* Positions: the next one, as it was published, and of the other end when last looked at. */
    uint32_t position, published, peer, count;
    uint32_t high;          /* bytes that were found waiting, at most */
    uint32_t unpublished;   /* messages */
    uint32_t claimed, size; /* 1: a record is claimed, or borrowed; its room */
    struct posix_ipc_ring_waits waits;
    /* Of a receiver: the lanes whose turn it is not. */
    struct posix_ipc_channel_seen lanes[POSIX_IPC_CHANNEL_MOST_SENDERS];
};

struct posix_ipc_channel_message {
    uint32_t type, length;
    const void* data;
};

/* What a record takes of the ring. */
static inline uint32_t posix_ipc_channel_size(uint32_t length) {
    return (length + POSIX_IPC_CHANNEL_RECORD + 7u) & ~7u;
}

/* Where a position is in the ring, whatever the table says. */
static inline uint32_t posix_ipc_channel_place(const struct posix_ipc_channel_end* end,
                                               uint32_t position) {
    const uint32_t within = position & (end->piece - 1);
    if (end->piece == end->capacity)
        return within;
    const uint32_t head = (uint32_t)sizeof(struct posix_ipc_channel_head);
    const uint32_t* table =
        (const uint32_t*)(const void*)(end->ring + (POSIX_IPC_CHANNEL_TABLE - head));
    const uint32_t entry = (position & (end->capacity - 1)) / end->piece;
    const uint32_t segment = __atomic_load_n(table + entry, __ATOMIC_RELAXED);
    return POSIX_IPC_CHANNEL_SEGMENTS - head +
           (segment & (end->capacity / end->piece - 1)) * end->piece + within;
}

/* Where the ring ends, counted from where the ring of one that does not grow begins. */
static inline uint32_t posix_ipc_channel_ring_end(const struct posix_ipc_channel_end* end) {
    return end->piece == end->capacity
               ? end->capacity
               : POSIX_IPC_CHANNEL_SEGMENTS - (uint32_t)sizeof(struct posix_ipc_channel_head) +
                     end->capacity;
}

/* Words of the ring. */
static inline uint32_t* posix_ipc_channel_words(const struct posix_ipc_channel_end* end,
                                                uint32_t at) {
    return (uint32_t*)(void*)(end->ring + at);
}

/* Stores the position, and wakes the other end if it sleeps: a system call only then. */
static inline void posix_ipc_channel_publish(struct posix_ipc_channel_end* end) {
    if (end->position == end->published)
        return;
    struct posix_ipc_channel_position* mine = end->mine;
    __atomic_store_n(&mine->next_position, end->position, __ATOMIC_RELAXED);
    __atomic_store_n(&mine->next_count, end->count, __ATOMIC_RELAXED);
    __atomic_store_n(&mine->position, end->position, __ATOMIC_SEQ_CST);
    POSIX_IPC_STEP(channel_published);
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* one that is killed has done it in this order */
    __atomic_store_n(&mine->count, end->count, __ATOMIC_RELAXED);
    end->published = end->position;
    end->unpublished = 0;
    posix_ipc_ring_ring(end->their_bell);
}

/* So many bytes were found waiting. */
static inline void posix_ipc_channel_note_high(struct posix_ipc_channel_end* end, uint32_t bytes) {
    if (bytes <= end->high)
        return;
    end->high = bytes;
    uint32_t* high = &end->mine->high_water;
    uint32_t known = __atomic_load_n(high, __ATOMIC_RELAXED);
    while (bytes > known && !__atomic_compare_exchange_n(high, &known, bytes, 0, __ATOMIC_RELAXED,
                                                         __ATOMIC_RELAXED)) {
    }
}

/* Whether positions can be so far apart. */
static inline int posix_ipc_channel_fits(const struct posix_ipc_channel_end* end, uint32_t bytes) {
    return bytes <= end->capacity && bytes % 8 == 0;
}

/* ---- lanes */

/* Goes to a lane, of whose positions nothing is known yet. */
static inline void posix_ipc_channel_go(struct posix_ipc_channel_end* end, uint32_t lane,
                                        int sends) {
    struct posix_ipc_channel_head* head = posix_ipc_channel_lane(&end->channel, lane);
    end->lane = lane;
    end->mine = sends ? &head->head : &head->tail;
    end->theirs = sends ? &head->tail : &head->head;
    end->their_bell = sends ? &end->channel.head->receiver_bell.sleeps : &head->sender_bell.sleeps;
    end->ring = (unsigned char*)(head + 1);
}

/* Of a receiver: it goes to the next lane. */
static inline void posix_ipc_channel_turn(struct posix_ipc_channel_end* receiver) {
    struct posix_ipc_channel_seen* left = &receiver->lanes[receiver->lane];
    left->position = receiver->position;
    left->published = receiver->published;
    left->peer = receiver->peer;
    left->count = receiver->count;
    left->high = receiver->high;
    const uint32_t next = receiver->lane + 1;
    posix_ipc_channel_go(receiver, next < receiver->channel.shape.senders ? next : 0, 0);
    const struct posix_ipc_channel_seen* found = &receiver->lanes[receiver->lane];
    receiver->position = found->position;
    receiver->published = found->published;
    receiver->peer = found->peer;
    receiver->count = found->count;
    receiver->high = found->high;
}

/* ---- waiting. What is asked before an end sleeps is sequentially consistent: see the bell. */

/* Of a sender: the receiver has gone on since there was no room. */
static inline int posix_ipc_sender_ready(const void* which) {
    const struct posix_ipc_channel_end* end = (const struct posix_ipc_channel_end*)which;
    return __atomic_load_n(&end->theirs->position, __ATOMIC_SEQ_CST) != end->peer;
}

/* Of a sender without capacity: what it has offered is taken. */
static inline int posix_ipc_sender_taken(const void* which) {
    const struct posix_ipc_channel_end* end = (const struct posix_ipc_channel_end*)which;
    return __atomic_load_n(&end->theirs->position, __ATOMIC_SEQ_CST) == end->position;
}

/* Of a receiver: some sender has gone on since nothing was found. */
static inline int posix_ipc_receiver_ready(const void* which) {
    const struct posix_ipc_channel_end* end = (const struct posix_ipc_channel_end*)which;
    if (__atomic_load_n(&end->theirs->position, __ATOMIC_SEQ_CST) != end->position)
        return 1;
    for (uint32_t i = 0; i < end->channel.shape.senders; i++) {
        const uint32_t* head = &posix_ipc_channel_lane(&end->channel, i)->head.position;
        if (i != end->lane && __atomic_load_n(head, __ATOMIC_SEQ_CST) != end->lanes[i].position)
            return 1;
    }
    return 0;
}

/* Until the other end may have gone on: 0, or ETIMEDOUT. */
static inline int posix_ipc_channel_wait(struct posix_ipc_channel_end* end,
                                         const struct timespec* until) {
    posix_ipc_channel_publish(end);
    return posix_ipc_ring_wait(&end->waits, end->waiting, end, until);
}

/* ---- taking part */

/* Nobody is that often overtaken between two loads. */
#define POSIX_IPC_CHANNEL_MOST_LOOKS 100000

/* Goes on in a lane where its last sender, or receiver, has published: 0, or EBADMSG. */
static inline int posix_ipc_channel_adopt(struct posix_ipc_channel_end* end, int sends) {
    for (int i = 0; i < POSIX_IPC_CHANNEL_MOST_LOOKS; i++) {
        end->position = __atomic_load_n(&end->mine->position, __ATOMIC_SEQ_CST);
        end->peer = __atomic_load_n(&end->theirs->position, __ATOMIC_SEQ_CST);
        if (!end->is_claimed || /* else others move it */
            __atomic_load_n(&end->mine->position, __ATOMIC_SEQ_CST) == end->position)
            break;
    }
    end->published = end->position;
    const int is_counted =
        __atomic_load_n(&end->mine->next_position, __ATOMIC_RELAXED) == end->position;
    end->count =
        __atomic_load_n(is_counted ? &end->mine->next_count : &end->mine->count, __ATOMIC_RELAXED);
    const uint32_t apart = sends ? end->position - end->peer : end->peer - end->position;
    return posix_ipc_channel_fits(end, apart) && end->position % 8 == 0 ? 0 : EBADMSG;
}

/* Takes the first role that is free, as posix_ipc_ring_take_after(). */
static inline int posix_ipc_channel_take(const struct posix_ipc_channel* channel, int sends,
                                         uint32_t* at, int* has_died) {
    const uint32_t roles = sends ? channel->shape.senders : channel->shape.receivers;
    int failure = 0;
    for (*at = 0; *at < roles; ++*at) {
        const int result =
            posix_ipc_ring_take_after(posix_ipc_channel_role(channel, sends, *at), has_died);
        if (result == 0)
            return 0;
        failure = posix_ipc_ring_failure(failure, result);
    }
    return failure;
}

/* Calls who sleeps, so that it watches the role that was taken. */
static inline void posix_ipc_channel_call(const struct posix_ipc_channel* channel, int sends) {
    if (sends || channel->shape.receivers > 1)
        posix_ipc_ring_call(&channel->head->receiver_bell.sleeps);
    for (uint32_t i = 0; !sends && i < channel->shape.senders; i++)
        posix_ipc_ring_call(&posix_ipc_channel_lane(channel, i)->sender_bell.sleeps);
}

/* Of an end that has a role: where it is in its lane, or in all of them: 0, or EBADMSG. */
static inline int posix_ipc_channel_find(struct posix_ipc_channel_end* end, uint32_t at,
                                         int sends) {
    const uint32_t lanes = sends ? 1 : end->channel.shape.senders;
    for (uint32_t i = 0; i < lanes; i++) {
        posix_ipc_channel_go(end, sends ? at : i, sends);
        const int result = posix_ipc_channel_adopt(end, sends);
        if (result != 0)
            return result;
        if (!sends)
            posix_ipc_channel_turn(end); /* after the last one it is the turn of the first */
    }
    return 0;
}

/* Takes a role, and goes on where its last owner has published. */
static inline int posix_ipc_channel_join(struct posix_ipc_channel_end* end,
                                         const struct posix_ipc_channel* channel, int sends) {
    uint32_t at;
    memset(end, 0, sizeof *end);
    int result = posix_ipc_channel_take(channel, sends, &at, &end->after_death);
    if (result != 0)
        return result;
    const struct posix_ipc_channel_shape* shape = &channel->shape;
    struct posix_ipc_mutex* role = posix_ipc_channel_role(channel, sends, at);
    end->channel = *channel;
    end->capacity = channel->capacity;
    end->piece = channel->piece;
    end->at = at;
    end->is_claimed = !sends && posix_ipc_channel_is_claimed(shape);
    end->takes_turns = !sends && shape->senders > 1;
    end->awaits = !sends && shape->rendezvous > 0 ? posix_ipc_channel_waits(channel, at) : NULL;
    uint32_t* bell = sends ? &posix_ipc_channel_lane(channel, at)->sender_bell.sleeps
                           : &channel->head->receiver_bell.sleeps;
    posix_ipc_ring_waits_init(&end->waits, bell, !sends && shape->receivers > 1,
                              !sends                  ? posix_ipc_receiver_ready
                              : shape->rendezvous > 0 ? posix_ipc_sender_taken
                                                      : posix_ipc_sender_ready);
    result = posix_ipc_channel_find(end, at, sends);
    if (result != 0) {
        posix_ipc_mutex_unlock(role);
        return result;
    }
    end->role = role;
    end->tid = posix_ipc_thread_self().tid;
    if (end->awaits != NULL) /* the last one may have been killed */
        __atomic_store_n(end->awaits, 0, __ATOMIC_SEQ_CST);
    posix_ipc_channel_call(channel, sends);
    return 0;
}

/* Publishes what was received, of each lane; it is the same one's turn then. */
static inline void posix_ipc_channel_publish_all(struct posix_ipc_channel_end* end) {
    posix_ipc_channel_publish(end);
    for (uint32_t i = 0; end->takes_turns && i < end->channel.shape.senders; i++) {
        posix_ipc_channel_turn(end);
        posix_ipc_channel_publish(end);
    }
}

/* Whether it may publish, and give the role up: 0; EPERM: not by the thread that has it. */
static inline int posix_ipc_channel_may_leave(const struct posix_ipc_channel_end* end) {
    return posix_ipc_ring_has(end->role, end->tid);
}

/* Publishes, and gives the role up, of one that may. */
static inline int posix_ipc_channel_leave(struct posix_ipc_channel_end* end) {
    posix_ipc_channel_publish_all(end);
    const int result = posix_ipc_mutex_unlock(end->role);
    if (result == 0)
        end->role = NULL;
    return result;
}

#ifdef __cplusplus
}
#endif

#endif
