/* Who receives from a channel: a part of channel.h. All functions answer EBADMSG where somebody has
 * overwritten the memory. */
#ifndef POSIX_IPC_CHANNEL_RECEIVER_H
#define POSIX_IPC_CHANNEL_RECEIVER_H

#include <posix-ipc/channel_claimed.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is received is published when a quarter of the ring is free again, when the
 * ring is empty, before the receiver sleeps, by flush() and by close(): what it has not published
 * when it dies, the next receiver gets again. Where there are several receivers, where the oldest
 * messages are dropped, and without capacity it is published at once. Of several senders each has
 * its turn. */

/* Becomes the receiver, or one of them: 0; EBUSY. */
static inline int posix_ipc_receiver_open(struct posix_ipc_channel_end* receiver,
                                          const struct posix_ipc_channel* channel) {
    const int result = posix_ipc_channel_join(receiver, channel, 0);
    for (uint32_t i = 0; result == 0 && receiver->is_claimed && i < channel->shape.senders; i++) {
        posix_ipc_claim_unguard(receiver); /* the last one may have been killed */
        posix_ipc_channel_turn(receiver);
    }
    return result;
}

/* How many bytes of records are there: 0, EAGAIN or EBADMSG. */
static inline int posix_ipc_receiver_look(struct posix_ipc_channel_end* receiver,
                                          uint32_t* available) {
    *available = receiver->peer - receiver->position;
    if (*available != 0)
        return 0;
    const uint32_t peer = __atomic_load_n(&receiver->theirs->position, __ATOMIC_ACQUIRE);
    *available = peer - receiver->position;
    if (!posix_ipc_channel_fits(receiver, *available))
        return EBADMSG;
    receiver->peer = peer; /* only what can be: who is called again looks again */
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
    uint32_t length = posix_ipc_channel_read(receiver, at);
    if (length == POSIX_IPC_RING_WRAP) {
        const uint32_t to_end = receiver->piece - (receiver->position & (receiver->piece - 1));
        if (to_end == receiver->piece || to_end > available)
            return EBADMSG;
        receiver->position += to_end;
        result = posix_ipc_receiver_look(receiver, &available);
        if (result != 0)
            return result;
        at = posix_ipc_channel_place(receiver, receiver->position);
        length = posix_ipc_channel_read(receiver, at);
    }
    const uint32_t* words = posix_ipc_channel_words(receiver, at);
    message->type = posix_ipc_channel_read(receiver, at + 4);
    if (length > receiver->capacity - POSIX_IPC_CHANNEL_RECORD || message->type > INT32_MAX)
        return EBADMSG;
    const uint32_t size = posix_ipc_channel_size(length);
    if (size > available || size > posix_ipc_channel_ring_end(receiver) - at)
        return EBADMSG;
    message->length = length;
    message->data = words + 2;
    return 0;
}

/* The next message if there is one now, in the memory of the channel: 0, or EAGAIN; EBUSY: one is
 * borrowed; EOPNOTSUPP: where others take messages away, too, each must be copied. Then release().
 * A hostile sender may change it while it is looked at. */
static inline int posix_ipc_receiver_try_borrow(struct posix_ipc_channel_end* receiver,
                                                struct posix_ipc_channel_message* message) {
    message->type = message->length = 0; /* for who does not look at the result */
    message->data = NULL;
    if (receiver->claimed)
        return EBUSY;
    if (receiver->is_claimed)
        return EOPNOTSUPP;
    int result = posix_ipc_receiver_find(receiver, message);
    for (uint32_t i = 1; result == EAGAIN && i < receiver->channel.shape.senders; i++) {
        posix_ipc_channel_turn(receiver);
        result = posix_ipc_receiver_find(receiver, message);
    }
    if (result == EBADMSG && receiver->takes_turns)
        posix_ipc_channel_turn(receiver); /* the others' can be received all the same */
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
    if (receiver->takes_turns)
        posix_ipc_channel_turn(receiver);
}

/* Publishes at once what was received: no other receiver gets it again. */
static inline void posix_ipc_receiver_flush(struct posix_ipc_channel_end* receiver) {
    posix_ipc_channel_publish_all(receiver);
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

/* The next message if there is one now, copied: 0, or EAGAIN, also where other receivers came first
 * again and again; EMSGSIZE: it is longer than the room, and still there; EINVAL: the room is
 * nowhere. Where it is not 0, the room may hold anything. */
static inline int posix_ipc_receiver_try_receive(struct posix_ipc_channel_end* receiver, void* into,
                                                 size_t room,
                                                 struct posix_ipc_channel_message* message) {
    if (into == NULL && room != 0) {
        memset(message, 0, sizeof *message);
        return EINVAL;
    }
    if (receiver->is_claimed)
        return posix_ipc_claim_receive(receiver, into, room, message);
    const int result = posix_ipc_receiver_try_borrow(receiver, message);
    return result != 0 ? result : posix_ipc_receiver_copy(receiver, into, room, message);
}

/* The next message, copied: as try_receive, or ETIMEDOUT instead of EAGAIN. */
static inline int posix_ipc_receiver_receive(struct posix_ipc_channel_end* receiver, void* into,
                                             size_t room, struct posix_ipc_channel_message* message,
                                             const struct timespec* until) {
    int result;
    int why = 0;
    while ((result = posix_ipc_receiver_try_receive(receiver, into, room, message)) == EAGAIN &&
           why == 0) {
        posix_ipc_receiver_await(receiver, 1);
        why = posix_ipc_channel_wait(receiver, until);
    }
    posix_ipc_receiver_await(receiver, 0);
    return result == EAGAIN ? why : result;
}

/* Publishes what was received, and gives the role up, once: 0; EPERM, and nothing is done: not by
 * the thread that has it. */
static inline int posix_ipc_receiver_close(struct posix_ipc_channel_end* receiver) {
    if (receiver->role == NULL)
        return 0;
    const int result = posix_ipc_channel_may_leave(receiver);
    if (result != 0)
        return result;
    receiver->claimed = 0;
    return posix_ipc_channel_leave(receiver);
}

#ifdef __cplusplus
}
#endif

#endif
