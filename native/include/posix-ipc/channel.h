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

#include <posix-ipc/channel_segments.h>

#ifdef __cplusplus
extern "C" {
#endif

#define POSIX_IPC_CHANNEL_MOST_TOGETHER 32u
#define POSIX_IPC_CHANNEL_MOST_BYTES_TOGETHER 4096u

/* ---- sending. All answer EBADMSG where somebody has overwritten the memory. */

/* Becomes the sender. Of an unbounded channel also ENOMEM. */
static inline int posix_ipc_sender_open(struct posix_ipc_channel_end* sender,
                                        const struct posix_ipc_channel* channel) {
    int result = posix_ipc_channel_join(sender, channel, 1);
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
    sender->peer = __atomic_load_n(&sender->theirs->position, __ATOMIC_ACQUIRE);
    const uint32_t used = sender->position - sender->peer;
    if (!posix_ipc_channel_fits(sender, used))
        return EBADMSG;
    if (used <= sender->capacity - bytes)
        return 0;
    posix_ipc_channel_note_high(sender, used);
    return EAGAIN;
}

static inline uint32_t* posix_ipc_channel_words(const struct posix_ipc_channel_end* end,
                                                uint32_t at) {
    return (uint32_t*)(void*)(end->ring + at);
}

/* Where the next record is in the ring. */
static inline uint32_t posix_ipc_sender_place(const struct posix_ipc_channel_end* sender) {
    const struct posix_ipc_channel_segments* segments = sender->segments;
    return segments == NULL ? sender->position & (sender->capacity - 1)
                            : segments->place + (sender->position - segments->from);
}

/* The longest message. */
static inline uint32_t posix_ipc_sender_longest(const struct posix_ipc_channel_end* sender) {
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

/* Room for a message if there is some now: 0, or EAGAIN; EMSGSIZE: longer than
 * posix_ipc_sender_longest(); EBUSY: one is claimed; of an unbounded channel also ENOSPC and
 * ENOMEM. Then commit() or abort(). */
static inline int posix_ipc_sender_try_claim(struct posix_ipc_channel_end* sender, uint32_t length,
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

/* Where there is no room: 0 when there may be some, ETIMEDOUT; EAGAIN where the channel's policy is
 * not to wait. */
static inline int posix_ipc_sender_wait(struct posix_ipc_channel_end* sender,
                                        const struct timespec* until) {
    return sender->full == POSIX_IPC_CHANNEL_WAIT ? posix_ipc_channel_wait(sender, until) : EAGAIN;
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
    uint32_t* dropped = &sender->mine->dropped;
    if (sender->full != POSIX_IPC_CHANNEL_DROP_NEWEST)
        return EAGAIN;
    __atomic_store_n(dropped, __atomic_load_n(dropped, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
    return 0;
}

/* Sends a message if there is room now, or drops it: as try_claim, then commit. */
static inline int posix_ipc_sender_try_send(struct posix_ipc_channel_end* sender, const void* data,
                                            uint32_t length, uint32_t type) {
    void* room;
    if (type > INT32_MAX)
        return EINVAL;
    const int result = posix_ipc_sender_try_claim(sender, length, &room);
    if (result != 0)
        return result == EAGAIN ? posix_ipc_sender_drop(sender) : result;
    posix_ipc_ring_copy(room, data, length);
    return posix_ipc_sender_commit(sender, length, type);
}

/* Sends a message; waits for room, if the channel does, else EAGAIN: as claim, then commit. */
static inline int posix_ipc_sender_send(struct posix_ipc_channel_end* sender, const void* data,
                                        uint32_t length, uint32_t type,
                                        const struct timespec* until) {
    int result;
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

/* Publishes what was sent, and gives the role up: 0; EPERM: not by the thread that has it. */
static inline int posix_ipc_sender_close(struct posix_ipc_channel_end* sender) {
    if (sender->role == NULL)
        return 0;
    sender->claimed = 0;
    posix_ipc_sender_trim(sender);
    const int result = posix_ipc_channel_leave(sender);
    if (result == 0)
        posix_ipc_segments_close(sender);
    return result;
}

/* ---- receiving. What is received is published when a quarter of the ring is free again, when the
 * ring is empty, before the receiver sleeps, by flush() and by close(): what it has not published
 * when it dies, the next receiver gets again. */

/* Becomes the receiver. */
static inline int posix_ipc_receiver_open(struct posix_ipc_channel_end* receiver,
                                          const struct posix_ipc_channel* channel) {
    return posix_ipc_channel_join(receiver, channel, 0);
}

/* How many bytes of records are there: 0, EAGAIN or EBADMSG. */
static inline int posix_ipc_receiver_look(struct posix_ipc_channel_end* receiver,
                                          uint32_t* available) {
    *available = receiver->peer - receiver->position;
    if (*available != 0)
        return 0;
    receiver->peer = __atomic_load_n(&receiver->theirs->position, __ATOMIC_ACQUIRE);
    *available = receiver->peer - receiver->position;
    if (!posix_ipc_channel_fits(receiver, *available))
        return EBADMSG;
    if (*available != 0) {
        posix_ipc_channel_note_high(receiver, *available);
        return 0;
    }
    posix_ipc_channel_publish(receiver);
    return EAGAIN;
}

/* The next record. Anybody may have written it: each word is read once, and checked. */
static inline int posix_ipc_receiver_find(struct posix_ipc_channel_end* receiver,
                                          struct posix_ipc_channel_message* message) {
    uint32_t available;
    int result = posix_ipc_receiver_look(receiver, &available);
    if (result != 0)
        return result;
    uint32_t at = posix_ipc_channel_place(receiver, receiver->position);
    uint32_t length = __atomic_load_n(posix_ipc_channel_words(receiver, at), __ATOMIC_RELAXED);
    if (length == POSIX_IPC_RING_WRAP) {
        const uint32_t to_end = receiver->piece - (receiver->position & (receiver->piece - 1));
        if (to_end == receiver->piece || to_end > available)
            return EBADMSG;
        receiver->position += to_end;
        result = posix_ipc_receiver_look(receiver, &available);
        if (result != 0)
            return result;
        at = posix_ipc_channel_place(receiver, receiver->position);
        length = __atomic_load_n(posix_ipc_channel_words(receiver, at), __ATOMIC_RELAXED);
    }
    const uint32_t* words = posix_ipc_channel_words(receiver, at);
    message->type = __atomic_load_n(words + 1, __ATOMIC_RELAXED);
    if (length > receiver->capacity - POSIX_IPC_CHANNEL_RECORD || message->type > INT32_MAX)
        return EBADMSG;
    const uint32_t size = posix_ipc_channel_size(length);
    const uint32_t end = posix_ipc_channel_ring_end(receiver);
    if (size > available || size > end - at)
        return EBADMSG;
    message->length = length;
    message->data = words + 2;
    return 0;
}

/* The next message if there is one now, in the memory of the channel: 0, or EAGAIN; EBUSY: one is
 * borrowed. Then release(). A hostile sender may change it while it is looked at. */
static inline int posix_ipc_receiver_try_borrow(struct posix_ipc_channel_end* receiver,
                                                struct posix_ipc_channel_message* message) {
    message->type = message->length = 0; /* for who does not look at the result */
    message->data = NULL;
    if (receiver->claimed)
        return EBUSY;
    const int result = posix_ipc_receiver_find(receiver, message);
    if (result != 0)
        return result;
    receiver->claimed = 1;
    receiver->size = posix_ipc_channel_size(message->length);
    return 0;
}

/* As try_borrow, but waits for a message: 0, or ETIMEDOUT instead of EAGAIN. */
static inline int posix_ipc_receiver_borrow(struct posix_ipc_channel_end* receiver,
                                            struct posix_ipc_channel_message* message,
                                            const struct timespec* until) {
    int result;
    while ((result = posix_ipc_receiver_try_borrow(receiver, message)) == EAGAIN) {
        const int why = posix_ipc_channel_wait(receiver, until);
        if (why != 0)
            return why;
    }
    return result;
}

/* The borrowed message is received; nothing where there is none. */
static inline void posix_ipc_receiver_release(struct posix_ipc_channel_end* receiver) {
    if (!receiver->claimed)
        return;
    receiver->claimed = 0;
    receiver->position += receiver->size;
    receiver->count++;
    if (receiver->position - receiver->published >= receiver->piece / 4)
        posix_ipc_channel_publish(receiver);
}

/* Publishes at once what was received: no other receiver gets it again. */
static inline void posix_ipc_receiver_flush(struct posix_ipc_channel_end* receiver) {
    posix_ipc_channel_publish(receiver);
}

/* Copies what was borrowed; the message is then in the caller's memory. */
static inline int posix_ipc_receiver_copy(struct posix_ipc_channel_end* receiver, void* into,
                                          size_t room, struct posix_ipc_channel_message* message) {
    if (message->length > room) {
        receiver->claimed = 0;
        return EMSGSIZE;
    }
    posix_ipc_ring_copy(into, message->data, message->length);
    message->data = into;
    posix_ipc_receiver_release(receiver);
    return 0;
}

/* The next message if there is one now, copied: 0, or EAGAIN; EMSGSIZE: it is longer than the room,
 * and still there. */
static inline int posix_ipc_receiver_try_receive(struct posix_ipc_channel_end* receiver, void* into,
                                                 size_t room,
                                                 struct posix_ipc_channel_message* message) {
    const int result = posix_ipc_receiver_try_borrow(receiver, message);
    return result != 0 ? result : posix_ipc_receiver_copy(receiver, into, room, message);
}

/* The next message, copied: as try_receive, or ETIMEDOUT instead of EAGAIN. */
static inline int posix_ipc_receiver_receive(struct posix_ipc_channel_end* receiver, void* into,
                                             size_t room, struct posix_ipc_channel_message* message,
                                             const struct timespec* until) {
    const int result = posix_ipc_receiver_borrow(receiver, message, until);
    return result != 0 ? result : posix_ipc_receiver_copy(receiver, into, room, message);
}

/* Publishes what was received, and gives the role up: 0, or EPERM. */
static inline int posix_ipc_receiver_close(struct posix_ipc_channel_end* receiver) {
    receiver->claimed = 0;
    return posix_ipc_channel_leave(receiver);
}

#ifdef __cplusplus
}
#endif

#endif
