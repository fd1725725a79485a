/* Where not only one receiver takes messages away: others do, or the sender, to make room or to
 * take back what nobody took. A part of channel.h; the protocol: docs/channel.md.
 *
 * Who moves tail from the beginning of a record to its end, by compare-and-exchange, has it, and
 * only then does the sender write there. A receiver copies the record before: a copy that was
 * spoilt meanwhile is not claimed. The release of the exchange keeps what was read before it. */
#ifndef POSIX_IPC_CHANNEL_CLAIMED_H
#define POSIX_IPC_CHANNEL_CLAIMED_H

#include <posix-ipc/channel_end.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Others may well come first; who waits tries again. */
#define POSIX_IPC_CHANNEL_TRIES 64

static inline int posix_ipc_channel_move(uint32_t* tail, uint32_t from, uint32_t to) {
    return __atomic_compare_exchange_n(tail, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* A word of the ring, which anybody may have written: it is read once, and checked. */
static inline uint32_t posix_ipc_channel_read(const struct posix_ipc_channel_end* end,
                                              uint32_t at) {
    return __atomic_load_n(posix_ipc_channel_words(end, at), __ATOMIC_RELAXED);
}

/* ---- receiving */

/* Finds tail, and how many bytes of records are behind it: 0; EAGAIN: none, or others go on all the
 * time; EBADMSG. */
static inline int posix_ipc_claim_look(struct posix_ipc_channel_end* receiver,
                                       uint32_t* available) {
    const uint32_t* tail = &receiver->mine->position;
    for (int i = 0; i < POSIX_IPC_CHANNEL_TRIES; i++) {
        receiver->position = __atomic_load_n(tail, __ATOMIC_SEQ_CST);
        receiver->peer = __atomic_load_n(&receiver->theirs->position, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(tail, __ATOMIC_SEQ_CST) != receiver->position)
            continue; /* head may be of a later instant */
        *available = receiver->peer - receiver->position;
        receiver->published = receiver->position;
        if (!posix_ipc_channel_fits(receiver, *available) || receiver->position % 8 != 0)
            return EBADMSG;
        posix_ipc_channel_note_high(receiver, *available);
        return *available == 0 ? EAGAIN : 0;
    }
    receiver->published = receiver->position;
    return EAGAIN;
}

/* Moves tail from where it was found, if nobody else has: whether it did. */
static inline int posix_ipc_claim_move(struct posix_ipc_channel_end* receiver, uint32_t bytes) {
    const uint32_t from = receiver->position;
    POSIX_IPC_STEP(channel_claiming);
    if (!posix_ipc_channel_move(&receiver->mine->position, from, from + bytes))
        return 0;
    POSIX_IPC_STEP(channel_claimed);
    posix_ipc_ring_ring(receiver->their_bell);
    return 1;
}

/* Without capacity: says whether a call waits for a message; answers what it has said before. */
static inline uint32_t posix_ipc_receiver_await(const struct posix_ipc_channel_end* receiver,
                                                uint32_t is) {
    if (receiver->awaits == NULL)
        return 0;
    const uint32_t was = __atomic_load_n(receiver->awaits, __ATOMIC_RELAXED);
    if (was != is)
        __atomic_store_n(receiver->awaits, is, __ATOMIC_SEQ_CST);
    return was;
}

/* Whether what was read at tail was a record, or nobody's any more: EBADMSG, or EAGAIN. */
static inline int posix_ipc_claim_judge(const struct posix_ipc_channel_end* receiver) {
    const uint32_t tail = __atomic_load_n(&receiver->mine->position, __ATOMIC_SEQ_CST);
    return tail == receiver->position ? EBADMSG : EAGAIN;
}

/* Of a ring that grows, in its lane: a word for each receiver, which is where it copies a record
 * that others may take: the position, and 1; 0: it does not. The sender keeps the memory for it: it
 * loads tail, then the guard. Here the guard is stored, then tail is loaded; all sequentially
 * consistent: either it is seen that somebody else has the record, or the sender sees the guard. */
static inline uint32_t* posix_ipc_channel_guard(const struct posix_ipc_channel_end* end,
                                                uint32_t receiver) {
    return posix_ipc_channel_words(end, 4 * receiver);
}

static inline void posix_ipc_claim_unguard(const struct posix_ipc_channel_end* receiver) {
    if (receiver->piece != receiver->capacity)
        __atomic_store_n(posix_ipc_channel_guard(receiver, receiver->at), 0, __ATOMIC_SEQ_CST);
}

/* Whether what lies at the position may be read. */
static inline int posix_ipc_claim_guard(const struct posix_ipc_channel_end* receiver) {
    if (receiver->piece == receiver->capacity)
        return 1;
    __atomic_store_n(posix_ipc_channel_guard(receiver, receiver->at), receiver->position | 1,
                     __ATOMIC_SEQ_CST);
    POSIX_IPC_STEP(channel_guarded);
    return __atomic_load_n(&receiver->mine->position, __ATOMIC_SEQ_CST) == receiver->position;
}

/* Copies the record at tail, and claims it: 0; EAGAIN: look again; EMSGSIZE; EBADMSG. */
static inline int posix_ipc_claim_record(struct posix_ipc_channel_end* receiver, uint32_t available,
                                         void* into, size_t room,
                                         struct posix_ipc_channel_message* message) {
    const uint32_t at = posix_ipc_channel_place(receiver, receiver->position);
    const uint32_t within = receiver->position & (receiver->piece - 1);
    const uint32_t length = posix_ipc_channel_read(receiver, at);
    if (length == POSIX_IPC_RING_WRAP && within != 0 && receiver->piece - within <= available) {
        posix_ipc_claim_move(receiver, receiver->piece - within);
        return EAGAIN;
    }
    const uint32_t type = posix_ipc_channel_read(receiver, at + 4);
    if (length > receiver->capacity - POSIX_IPC_CHANNEL_RECORD || type > INT32_MAX ||
        posix_ipc_channel_size(length) > available ||
        posix_ipc_channel_size(length) > posix_ipc_channel_ring_end(receiver) - at)
        return posix_ipc_claim_judge(receiver);
    message->length = length;
    message->type = type;
    if (length > room)
        return posix_ipc_claim_judge(receiver) == EBADMSG ? EMSGSIZE : EAGAIN;
    posix_ipc_ring_copy(into, receiver->ring + at + POSIX_IPC_CHANNEL_RECORD, length);
    /* The sender loads tail, then this: where it finds the message taken, no call waits any more.
     */
    const uint32_t awaited = posix_ipc_receiver_await(receiver, 0);
    if (!posix_ipc_claim_move(receiver, posix_ipc_channel_size(length))) {
        posix_ipc_receiver_await(receiver, awaited);
        return EAGAIN;
    }
    __atomic_fetch_add(&receiver->mine->count, 1, __ATOMIC_RELAXED);
    message->data = into;
    return 0;
}

/* The next message of the lane whose turn it is, if there is one now: 0; EAGAIN; EMSGSIZE; EBADMSG.
 */
static inline int posix_ipc_claim_next(struct posix_ipc_channel_end* receiver, void* into,
                                       size_t room, struct posix_ipc_channel_message* message) {
    uint32_t available = 0;
    for (int i = 0; i < POSIX_IPC_CHANNEL_TRIES; i++) {
        int result = posix_ipc_claim_look(receiver, &available);
        if (result != 0)
            return result;
        result = posix_ipc_claim_guard(receiver)
                     ? posix_ipc_claim_record(receiver, available, into, room, message)
                     : EAGAIN;
        posix_ipc_claim_unguard(receiver);
        if (result != EAGAIN)
            return result;
    }
    return EAGAIN;
}

/* The same of all lanes, in turn. */
static inline int posix_ipc_claim_receive(struct posix_ipc_channel_end* receiver, void* into,
                                          size_t room, struct posix_ipc_channel_message* message) {
    int result = EAGAIN;
    message->type = message->length = 0;
    message->data = NULL;
    for (uint32_t i = 0; result == EAGAIN && i < receiver->channel.shape.senders; i++) {
        result = posix_ipc_claim_next(receiver, into, room, message);
        if (receiver->takes_turns && result != EMSGSIZE)
            posix_ipc_channel_turn(receiver);
    }
    return result;
}

/* ---- sending */

/* Only the sender counts. */
static inline void posix_ipc_sender_count_dropped(struct posix_ipc_channel_end* sender,
                                                  uint32_t count) {
    uint32_t* dropped = &sender->mine->dropped;
    __atomic_store_n(dropped, __atomic_load_n(dropped, __ATOMIC_RELAXED) + count, __ATOMIC_RELAXED);
}

/* So much is made free at least, so that the receiver, which begins at the oldest, gets on. */
#define POSIX_IPC_CHANNEL_MOST_AT_ONCE 65536u
/* A receiver that comes first so often at a whole part gets a smaller one to race for: a record. */
#define POSIX_IPC_CHANNEL_LARGE_TRIES 8u
/* Each time a receiver has taken one. */
#define POSIX_IPC_CHANNEL_DISCARD_TRIES (1u << 20)

/* What the record at a position of this sender's takes of the ring; `*is_leap`: there is none, up
 * to the end of the piece. 0: there cannot be one. */
static inline uint32_t posix_ipc_sender_size_at(const struct posix_ipc_channel_end* sender,
                                                uint32_t position, int* is_leap) {
    const uint32_t within = position & (sender->piece - 1);
    const uint32_t length =
        posix_ipc_channel_read(sender, posix_ipc_channel_place(sender, position));
    *is_leap = length == POSIX_IPC_RING_WRAP && within != 0;
    if (*is_leap)
        return sender->piece - within;
    return length <= sender->capacity ? posix_ipc_channel_size(length) : 0;
}

/* Takes the oldest messages away until so many bytes are free: 0, or EBADMSG. */
static inline int posix_ipc_sender_discard(struct posix_ipc_channel_end* sender, uint32_t bytes) {
    uint32_t* tail = &sender->theirs->position;
    uint32_t part = sender->capacity / 8;
    part = part < POSIX_IPC_CHANNEL_MOST_AT_ONCE ? part : POSIX_IPC_CHANNEL_MOST_AT_ONCE;
    const uint32_t most = sender->capacity - (bytes > part ? bytes : part);
    posix_ipc_channel_publish(sender); /* only what is published can be taken away */
    for (uint32_t i = 0; i < POSIX_IPC_CHANNEL_DISCARD_TRIES; i++) {
        const uint32_t from = __atomic_load_n(tail, __ATOMIC_SEQ_CST);
        uint32_t used = sender->position - from;
        uint32_t count = 0;
        if (!posix_ipc_channel_fits(sender, used))
            return EBADMSG;
        sender->peer = from;
        if (used <= sender->capacity - bytes)
            return 0;
        do {
            int is_leap;
            const uint32_t size =
                posix_ipc_sender_size_at(sender, sender->position - used, &is_leap);
            if (size == 0 || size > used)
                return EBADMSG;
            used -= size;
            count += !is_leap;
        } while (used > most && i < POSIX_IPC_CHANNEL_LARGE_TRIES);
        if (posix_ipc_channel_move(tail, from, sender->position - used)) {
            POSIX_IPC_STEP(channel_discarded);
            posix_ipc_sender_count_dropped(sender, count);
        }
    }
    return EBADMSG;
}

/* ---- without capacity: the ring has one message at most, which is offered */

/* Whether a receiver waits now, and lives. */
static inline int posix_ipc_sender_is_awaited(const struct posix_ipc_channel_end* sender) {
    const struct posix_ipc_channel* channel = &sender->channel;
    for (uint32_t i = 0; i < channel->shape.receivers; i++) {
        const struct posix_ipc_mutex* role = posix_ipc_channel_role(channel, 0, i);
        if (__atomic_load_n(posix_ipc_channel_waits(channel, i), __ATOMIC_SEQ_CST) != 0 &&
            (__atomic_load_n(&role->word, __ATOMIC_SEQ_CST) & FUTEX_TID_MASK) != 0)
            return 1;
    }
    return 0;
}

/* Takes back what was offered: whether it did; else it is taken. */
static inline int posix_ipc_sender_withdraw(struct posix_ipc_channel_end* sender) {
    uint32_t* tail = &sender->theirs->position;
    /* Receivers move it twice for a message at most: to the beginning of the ring, and behind it.
     */
    for (int i = 0; i < 8; i++) {
        const uint32_t from = __atomic_load_n(tail, __ATOMIC_SEQ_CST);
        if (from == sender->position)
            return 0;
        if (posix_ipc_channel_move(tail, from, sender->position)) {
            posix_ipc_sender_count_dropped(sender, 1);
            return 1;
        }
    }
    return 1; /* somebody overwrites the memory */
}

/* Until what was offered is taken: 0; or ETIMEDOUT, and it is taken back. */
static inline int posix_ipc_sender_meet(struct posix_ipc_channel_end* sender,
                                        const struct timespec* until) {
    while (!posix_ipc_sender_taken(sender)) {
        const int why = posix_ipc_channel_wait(sender, until);
        if (why != 0)
            return posix_ipc_sender_withdraw(sender) ? why : 0;
    }
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif
