/* The channel of posix-ipc, for C and C++: as lock.h, which it includes.
 *
 *     #include <posix-ipc/channel.h>
 *
 *     struct posix_ipc_channel channel;
 *     struct posix_ipc_channel_end sender;
 *     int error = posix_ipc_channel_open(&channel, "/prices");
 *     if (error == 0)
 *         error = posix_ipc_sender_open(&sender, &channel);
 *     if (error == 0)
 *         error = posix_ipc_sender_send(&sender, "100.25", 6, 1, NULL);
 *
 *     struct posix_ipc_channel_message message; // and in another process
 *     error = posix_ipc_receiver_open(&receiver, &channel);
 *     while (posix_ipc_receiver_borrow(&receiver, &message, NULL) == 0) {
 *         use(message.type, message.data, message.length);
 *         posix_ipc_receiver_release(&receiver);
 *     }
 *
 * The layout and the protocol: docs/channel.md. Each function answers 0 or an errno; what waits
 * takes an instant of CLOCK_MONOTONIC, NULL for ever. An end is used and closed by the thread that
 * has opened it; when that thread ends, so does its role. Define _GNU_SOURCE where the compiler
 * does not. */
#ifndef POSIX_IPC_CHANNEL_H
#define POSIX_IPC_CHANNEL_H

#include <posix-ipc/channel_receiver.h>
#include <posix-ipc/channel_segments.h>

#ifdef __cplusplus
extern "C" {
#endif

#define POSIX_IPC_CHANNEL_MOST_TOGETHER 32u
#define POSIX_IPC_CHANNEL_MOST_BYTES_TOGETHER 4096u

/* ---- sending. All answer EBADMSG where somebody has overwritten the memory. */

/* So often who finds the roles taken tries again where it cannot be told yet who has them. */
#define POSIX_IPC_CHANNEL_UNCLEAR_TRIES 20

/* Whether a lane may soon be free: a receiver has its role only to give memory back. A mark of
 * another thread than that is of a receiver that is about to have it, or was killed before. */
static inline int posix_ipc_channel_may_be_free(const struct posix_ipc_channel* channel,
                                                int tries) {
    if (channel->shape.segment == 0)
        return 0;
    for (uint32_t i = 0; i < channel->shape.senders; i++) {
        const struct posix_ipc_channel_head* lane = posix_ipc_channel_lane(channel, i);
        const uint32_t mark = __atomic_load_n(&lane->head.tidies, __ATOMIC_SEQ_CST);
        const uint32_t owner =
            __atomic_load_n(&lane->sender_role.word, __ATOMIC_SEQ_CST) & FUTEX_TID_MASK;
        if (mark != 0 && mark == owner)
            return 1;
        if (tries < POSIX_IPC_CHANNEL_UNCLEAR_TRIES && (mark != 0 || owner == 0))
            return 1;
    }
    return 0;
}

/* Takes the role of a sender; while it is one's who gives memory back, again, for up to a second.
 * Of who is killed meanwhile the kernel frees it. */
static inline int posix_ipc_sender_join(struct posix_ipc_channel_end* sender,
                                        const struct posix_ipc_channel* channel) {
    const struct timespec pause = {0, 1000000};
    const int64_t end = posix_ipc_now() + 1000000000;
    for (int tries = 0;; tries++) {
        /* before, too: it may be over when the role was found taken */
        const int may_try = posix_ipc_channel_may_be_free(channel, tries);
        const int result = posix_ipc_channel_join(sender, channel, 1);
        if (result != EBUSY || !(may_try || posix_ipc_channel_may_be_free(channel, tries)) ||
            posix_ipc_now() >= end)
            return result;
        POSIX_IPC_STEP(tidied);
        nanosleep(&pause, NULL);
    }
}

/* Becomes the sender, or one of them: 0; EBUSY. Of an unbounded channel also ENOMEM. */
static inline int posix_ipc_sender_open(struct posix_ipc_channel_end* sender,
                                        const struct posix_ipc_channel* channel) {
    int result = posix_ipc_sender_join(sender, channel);
    if (result == 0 && channel->shape.rendezvous > 0 && sender->after_death)
        posix_ipc_sender_withdraw(sender); /* what that one offered */
    if (result == 0)
        result = posix_ipc_segments_open(sender);
    if (result != 0 && sender->role != NULL) {
        posix_ipc_segments_close(sender);
        posix_ipc_channel_leave(sender);
    }
    return result;
}

/* Whether so many bytes are free: 0, EAGAIN or EBADMSG. */
static inline int posix_ipc_sender_has(struct posix_ipc_channel_end* sender, uint32_t bytes) {
    if (sender->position - sender->peer <= sender->capacity - bytes)
        return 0;
    const uint32_t peer = __atomic_load_n(&sender->theirs->position, __ATOMIC_ACQUIRE);
    const uint32_t used = sender->position - peer;
    if (!posix_ipc_channel_fits(sender, used))
        return EBADMSG;
    sender->peer = peer; /* only what can be: who is called again looks again */
    if (used <= sender->capacity - bytes)
        return 0;
    posix_ipc_channel_note_high(sender, used);
    return sender->channel.shape.full == POSIX_IPC_CHANNEL_DROP_OLDEST
               ? posix_ipc_sender_discard(sender, bytes)
               : EAGAIN;
}

/* Where the next record is in the ring. */
static inline uint32_t posix_ipc_sender_place(const struct posix_ipc_channel_end* sender) {
    const struct posix_ipc_channel_segments* segments = sender->segments;
    return segments == NULL ? sender->position & (sender->capacity - 1)
                            : segments->place + (sender->position - segments->from);
}

/* The longest message. */
static inline uint32_t posix_ipc_sender_longest(const struct posix_ipc_channel_end* sender) {
    const uint32_t rendezvous = sender->channel.shape.rendezvous;
    if (rendezvous > 0)
        return rendezvous;
    return (sender->segments == NULL ? sender->capacity : sender->capacity / 2) -
           POSIX_IPC_CHANNEL_RECORD;
}

/* Goes where a record of that size lies in one piece. */
static inline int posix_ipc_sender_turn(struct posix_ipc_channel_end* sender, uint32_t size) {
    if (sender->segments != NULL)
        return sender->segments->to - sender->position >= size
                   ? 0
                   : posix_ipc_segments_enter(sender, size);
    const uint32_t at = sender->position & (sender->capacity - 1);
    const uint32_t to_end = sender->capacity - at;
    if (size > to_end) {
        const int result = posix_ipc_sender_has(sender, to_end);
        if (result != 0)
            return result;
        __atomic_store_n(posix_ipc_channel_words(sender, at), POSIX_IPC_RING_WRAP,
                         __ATOMIC_RELAXED);
        sender->position += to_end;
    }
    return posix_ipc_sender_has(sender, size);
}

static inline int posix_ipc_sender_room(struct posix_ipc_channel_end* sender, uint32_t length,
                                        void** data) {
    *data = NULL;
    if (length > posix_ipc_sender_longest(sender))
        return EMSGSIZE;
    if (sender->claimed)
        return EBUSY;
    const uint32_t size = posix_ipc_channel_size(length);
    const int result = posix_ipc_sender_turn(sender, size);
    if (result == EAGAIN)
        posix_ipc_channel_publish(sender); /* the receiver can only make room for what it sees */
    if (result != 0)
        return result;
    sender->claimed = 1;
    sender->size = length;
    *data = posix_ipc_channel_words(sender, posix_ipc_sender_place(sender)) + 2;
    return 0;
}

/* Room for a message if there is some now: 0, or EAGAIN; EMSGSIZE: longer than
 * posix_ipc_sender_longest(); EBUSY: one is claimed; EOPNOTSUPP: without capacity there is none; of
 * an unbounded channel also ENOSPC and ENOMEM. Then commit() or abort(). */
static inline int posix_ipc_sender_try_claim(struct posix_ipc_channel_end* sender, uint32_t length,
                                             void** data) {
    *data = NULL;
    return sender->channel.shape.rendezvous > 0 ? EOPNOTSUPP
                                                : posix_ipc_sender_room(sender, length, data);
}

/* Where there is no room: 0 when there may be some, ETIMEDOUT; EAGAIN where the channel's policy is
 * not to wait. */
static inline int posix_ipc_sender_wait(struct posix_ipc_channel_end* sender,
                                        const struct timespec* until) {
    return sender->channel.shape.full == POSIX_IPC_CHANNEL_WAIT
               ? posix_ipc_channel_wait(sender, until)
               : EAGAIN;
}

/* As try_claim, but waits for room: 0, or ETIMEDOUT instead of EAGAIN, if the channel waits. */
static inline int posix_ipc_sender_claim(struct posix_ipc_channel_end* sender, uint32_t length,
                                         void** data, const struct timespec* until) {
    int result;
    while ((result = posix_ipc_sender_try_claim(sender, length, data)) == EAGAIN) {
        const int why = posix_ipc_sender_wait(sender, until);
        if (why != 0)
            return why;
    }
    return result;
}

/* Publishes at once what was sent. */
static inline void posix_ipc_sender_flush(struct posix_ipc_channel_end* sender) {
    posix_ipc_channel_publish(sender);
}

/* Sends the first `length` bytes of what was claimed: 0; EINVAL: none is, or the type is more than
 * 2^31 - 1, or it was shorter. */
static inline int posix_ipc_sender_commit(struct posix_ipc_channel_end* sender, uint32_t length,
                                          uint32_t type) {
    if (!sender->claimed || length > sender->size || type > INT32_MAX)
        return EINVAL;
    uint32_t* record = posix_ipc_channel_words(sender, posix_ipc_sender_place(sender));
    record[0] = length;
    record[1] = type;
    sender->claimed = 0;
    sender->position += posix_ipc_channel_size(length);
    sender->count++;
    sender->unpublished++;
    if (!sender->together || sender->unpublished >= POSIX_IPC_CHANNEL_MOST_TOGETHER ||
        sender->position - sender->published >= POSIX_IPC_CHANNEL_MOST_BYTES_TOGETHER ||
        __atomic_load_n(sender->their_bell, __ATOMIC_RELAXED) != 0)
        posix_ipc_channel_publish(sender);
    return 0;
}

/* Gives back what was claimed, unsent. */
static inline void posix_ipc_sender_abort(struct posix_ipc_channel_end* sender) {
    sender->claimed = 0;
}

/* Counts a message that there is no room for, if the channel drops it: 0, or EAGAIN. */
static inline int posix_ipc_sender_drop(struct posix_ipc_channel_end* sender) {
    if (sender->channel.shape.full != POSIX_IPC_CHANNEL_DROP_NEWEST)
        return EAGAIN;
    posix_ipc_sender_count_dropped(sender, 1);
    return 0;
}

/* Whether it can be a message: 0, EINVAL, EMSGSIZE. */
static inline int posix_ipc_sender_check(const struct posix_ipc_channel_end* sender,
                                         const void* data, uint32_t length, uint32_t type) {
    if (type > INT32_MAX || (data == NULL && length != 0))
        return EINVAL;
    return length > posix_ipc_sender_longest(sender) ? EMSGSIZE : 0;
}

/* One that can be. */
static inline int posix_ipc_sender_put(struct posix_ipc_channel_end* sender, const void* data,
                                       uint32_t length, uint32_t type) {
    void* room;
    const int result = posix_ipc_sender_room(sender, length, &room);
    if (result != 0)
        return result;
    posix_ipc_ring_copy(room, data, length);
    return posix_ipc_sender_commit(sender, length, type);
}

/* Sends a message if there is room now, or drops it, or others: as try_claim, then commit; EINVAL
 * also where it lies nowhere. Without capacity: if a receiver waits now; it is the one that takes
 * it. */
static inline int posix_ipc_sender_try_send(struct posix_ipc_channel_end* sender, const void* data,
                                            uint32_t length, uint32_t type) {
    const int meets = sender->channel.shape.rendezvous > 0;
    int result = posix_ipc_sender_check(sender, data, length, type);
    if (result != 0)
        return result;
    if (meets && (!posix_ipc_sender_taken(sender) || !posix_ipc_sender_is_awaited(sender)))
        return EAGAIN;
    result = posix_ipc_sender_put(sender, data, length, type);
    if (meets)
        posix_ipc_channel_publish(sender);
    return result == EAGAIN ? posix_ipc_sender_drop(sender) : result;
}

/* Without capacity: until a receiver has taken it. */
static inline int posix_ipc_sender_offer(struct posix_ipc_channel_end* sender, const void* data,
                                         uint32_t length, uint32_t type,
                                         const struct timespec* until) {
    int result = posix_ipc_sender_check(sender, data, length, type);
    if (result != 0)
        return result;
    while (!posix_ipc_sender_taken(sender)) { /* what try_send has left is for whoever comes */
        const int why = posix_ipc_channel_wait(sender, until);
        if (why != 0)
            return why;
    }
    result = posix_ipc_sender_put(sender, data, length, type);
    if (result != 0) /* the ring is empty: there is room */
        return result == EAGAIN ? EBADMSG : result;
    return posix_ipc_sender_meet(sender, until);
}

/* Sends a message; waits for room, if the channel does, else EAGAIN: as claim, then commit. Without
 * capacity it waits until the message is taken; after ETIMEDOUT it is not, and will not be. */
static inline int posix_ipc_sender_send(struct posix_ipc_channel_end* sender, const void* data,
                                        uint32_t length, uint32_t type,
                                        const struct timespec* until) {
    int result;
    if (sender->channel.shape.rendezvous > 0)
        return posix_ipc_sender_offer(sender, data, length, type, until);
    while ((result = posix_ipc_sender_try_send(sender, data, length, type)) == EAGAIN) {
        const int why = posix_ipc_sender_wait(sender, until);
        if (why != 0)
            return why;
    }
    return result;
}

/* Of an unbounded channel: gives the memory back that no message needs any more. A sender does so
 * by itself while it sends, and when it closes; one that has nothing to send may call this. */
static inline void posix_ipc_sender_trim(struct posix_ipc_channel_end* sender) {
    if (sender->segments != NULL)
        posix_ipc_segments_trim(sender);
}

/* Publishes what was sent, and gives the role up, once: 0; EPERM, and nothing is done: not by the
 * thread that has it. */
static inline int posix_ipc_sender_close(struct posix_ipc_channel_end* sender) {
    if (sender->role == NULL)
        return 0; /* it may be another one's, of this thread, too */
    int result = posix_ipc_channel_may_leave(sender);
    if (result != 0)
        return result;
    sender->claimed = 0;
    posix_ipc_sender_trim(sender);
    result = posix_ipc_channel_leave(sender);
    if (result == 0)
        posix_ipc_segments_close(sender);
    return result;
}

#ifdef __cplusplus
}
#endif

#endif
