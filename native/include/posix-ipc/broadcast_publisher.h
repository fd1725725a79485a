/* Who publishes on a broadcast: a part of broadcast.h. All functions answer EBADMSG where somebody
 * has overwritten the memory. */
#ifndef POSIX_IPC_BROADCAST_PUBLISHER_H
#define POSIX_IPC_BROADCAST_PUBLISHER_H

#include <posix-ipc/broadcast_end.h>

#ifdef __cplusplus
extern "C" {
#endif

#define POSIX_IPC_PUBLISHER_MOST_TOGETHER 32u
#define POSIX_IPC_PUBLISHER_MOST_BYTES_TOGETHER 4096u
/* So many times in a round oldest is moved on: not for each record. */
#define POSIX_IPC_PUBLISHER_MOVES 16u

struct posix_ipc_publisher {
    /* To be set after it was opened: how it waits; and whether its messages are published together,
     * 32 or 4 KiB of them, or what posix_ipc_publisher_flush() finds. */
    enum posix_ipc_channel_waiting waiting;
    int together;
    /* The rest is its own. */
    struct posix_ipc_broadcast broadcast;
    /* Positions: of the next record, as published, of the oldest kept record; and up to where all
     * subscribers had to come where there was no room. */
    uint64_t position, published, oldest, least;
    uint64_t number; /* of the next message */
    int has_role;
    uint32_t tid;           /* of the thread that has it */
    uint32_t unpublished;   /* messages */
    uint32_t claimed, size; /* 1: a record is claimed; its room */
    struct posix_ipc_ring_waits waits;
};

/* Where the next record is going to be its number is, before head says that it is there. */
static inline void posix_ipc_publisher_write_number(const struct posix_ipc_publisher* publisher) {
    __atomic_store_n(
        &posix_ipc_broadcast_record_at(&publisher->broadcast, publisher->position)->number,
        publisher->number, __ATOMIC_RELAXED);
}

/* Publishes at once what was written, and wakes who sleeps: a system call only then. */
static inline void posix_ipc_publisher_flush(struct posix_ipc_publisher* publisher) {
    struct posix_ipc_broadcast_head* memory = publisher->broadcast.head;
    if (publisher->position == publisher->published)
        return;
    __atomic_store_n(&memory->head, publisher->position, __ATOMIC_SEQ_CST);
    POSIX_IPC_STEP(broadcast_published);
    publisher->published = publisher->position;
    publisher->unpublished = 0;
    posix_ipc_ring_ring(&memory->bell);
}

/* The position of the slowest subscriber, its own at most: 0, or EBADMSG. Whoever has died has no
 * slot any more; what lies before oldest is from one who had it before, and who has it now has not
 * begun. */
static inline int posix_ipc_publisher_slowest(const struct posix_ipc_publisher* publisher,
                                              uint64_t* slowest) {
    *slowest = publisher->position;
    for (uint32_t i = 0; i < publisher->broadcast.slots; i++) {
        struct posix_ipc_broadcast_slot* slot =
            posix_ipc_broadcast_slot_at(&publisher->broadcast, i);
        if ((__atomic_load_n(&slot->role.word, __ATOMIC_SEQ_CST) & FUTEX_TID_MASK) == 0)
            continue;
        const int64_t position = (int64_t)__atomic_load_n(&slot->position, __ATOMIC_SEQ_CST);
        if (position > (int64_t)publisher->position ||
            position < -(int64_t)POSIX_IPC_BROADCAST_LAST)
            return EBADMSG;
        if (position >= (int64_t)publisher->oldest && (uint64_t)position < *slowest)
            *slowest = (uint64_t)position;
    }
    return 0;
}

/* Whether all subscribers have come so far that there may be room where there was none. */
static inline int posix_ipc_publisher_ready(const void* which) {
    const struct posix_ipc_publisher* publisher = (const struct posix_ipc_publisher*)which;
    uint64_t slowest;
    return posix_ipc_publisher_slowest(publisher, &slowest) != 0 || /* the next attempt says why */
           slowest >= publisher->least;
}

/* The first kept record that is not before a position: 0, or EBADMSG. Anybody may have written the
 * old ones: each length is read once, and one that cannot be leads beyond its own position. */
static inline int posix_ipc_publisher_record_from(const struct posix_ipc_publisher* publisher,
                                                  uint64_t least, uint64_t* record) {
    const struct posix_ipc_broadcast* broadcast = &publisher->broadcast;
    *record = publisher->oldest;
    while (*record < least) {
        const uint32_t length = __atomic_load_n(
            &posix_ipc_broadcast_record_at(broadcast, *record)->length, __ATOMIC_RELAXED);
        *record += length == POSIX_IPC_RING_WRAP ? posix_ipc_broadcast_to_end(broadcast, *record)
                                                 : posix_ipc_broadcast_steps_of(length);
    }
    return *record <= publisher->position ? 0 : EBADMSG;
}

static inline void posix_ipc_publisher_give_up(struct posix_ipc_publisher* publisher,
                                               uint64_t oldest) {
    if (oldest > publisher->published)
        posix_ipc_publisher_flush(publisher); /* oldest is never beyond head */
    publisher->oldest = oldest;
    __atomic_store_n(&publisher->broadcast.head->oldest, oldest, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    POSIX_IPC_STEP(broadcast_gave_up);
}

/* The same where subscribers have slots: what one of them still needs stays. 0, EAGAIN, EBADMSG. */
static inline int posix_ipc_publisher_give_up_slowly(struct posix_ipc_publisher* publisher,
                                                     uint64_t least, uint64_t most) {
    struct posix_ipc_broadcast_head* memory = publisher->broadcast.head;
    uint64_t limit, oldest;
    posix_ipc_publisher_flush(publisher); /* the slowest may wait for just this */
    publisher->least = least;
    int result = posix_ipc_publisher_slowest(publisher, &limit);
    if (result != 0)
        return result;
    if (limit < least)
        return EAGAIN;
    result = posix_ipc_publisher_record_from(publisher, most < limit ? most : limit, &oldest);
    if (result != 0)
        return result;
    if (oldest > limit) {
        publisher->least = oldest; /* no subscriber is amid a record that was not overwritten */
        return EAGAIN;
    }
    __atomic_store_n(&memory->wanted, oldest, __ATOMIC_SEQ_CST);
    POSIX_IPC_STEP(broadcast_wanted);
    /* Who has taken a slot meanwhile either sees that, or is seen. */
    result = posix_ipc_publisher_slowest(publisher, &limit);
    if (result == 0 && limit >= oldest) {
        posix_ipc_publisher_give_up(publisher, oldest);
        return 0;
    }
    __atomic_store_n(&memory->wanted, publisher->oldest, __ATOMIC_SEQ_CST);
    return result != 0 ? result : EAGAIN;
}

/* Gives up old records until there is room for so many steps, and a header behind them: 0, EAGAIN
 * or EBADMSG. */
static inline int posix_ipc_publisher_free(struct posix_ipc_publisher* publisher, uint64_t size) {
    const uint64_t steps = posix_ipc_broadcast_steps(&publisher->broadcast);
    const uint64_t end = publisher->position + size + 1;
    if (end <= publisher->oldest + steps)
        return 0;
    const uint64_t least = end - steps;
    uint64_t most = publisher->oldest + steps / POSIX_IPC_PUBLISHER_MOVES;
    if (most < least)
        most = least;
    if (most > publisher->position)
        most = publisher->position;
    if (publisher->broadcast.slots != 0)
        return posix_ipc_publisher_give_up_slowly(publisher, least, most);
    uint64_t oldest;
    const int result = posix_ipc_publisher_record_from(publisher, most, &oldest);
    if (result == 0)
        posix_ipc_publisher_give_up(publisher, oldest);
    return result;
}

/* Goes where a record of so many steps lies in one piece. */
static inline int posix_ipc_publisher_turn(struct posix_ipc_publisher* publisher, uint64_t size) {
    const struct posix_ipc_broadcast* broadcast = &publisher->broadcast;
    const uint64_t to_end = posix_ipc_broadcast_to_end(broadcast, publisher->position);
    if (size > to_end) {
        const int result = posix_ipc_publisher_free(publisher, to_end);
        if (result != 0)
            return result;
        __atomic_store_n(&posix_ipc_broadcast_record_at(broadcast, publisher->position)->length,
                         POSIX_IPC_RING_WRAP, __ATOMIC_RELAXED);
        publisher->position += to_end;
        posix_ipc_publisher_write_number(publisher);
    }
    return posix_ipc_publisher_free(publisher, size);
}

/* Becomes the publisher, and goes on where the last one has published: 0, or as
 * posix_ipc_ring_take(): EBUSY: somebody is the publisher. */
static inline int posix_ipc_publisher_open(struct posix_ipc_publisher* publisher,
                                           const struct posix_ipc_broadcast* broadcast) {
    struct posix_ipc_broadcast_head* memory = broadcast->head;
    uint64_t number;
    memset(publisher, 0, sizeof *publisher);
    publisher->broadcast = *broadcast;
    posix_ipc_ring_waits_init(&publisher->waits, &memory->publisher_bell, 0,
                              posix_ipc_publisher_ready);
    int result = posix_ipc_ring_take(&memory->role);
    if (result != 0)
        return result;
    result = posix_ipc_broadcast_start(broadcast, &memory->head, &publisher->position,
                                       &publisher->number);
    if (result == 0)
        result = posix_ipc_broadcast_start(broadcast, &memory->oldest, &publisher->oldest, &number);
    if (result != 0) {
        posix_ipc_mutex_unlock(&memory->role);
        return result;
    }
    publisher->published = publisher->position;
    if (broadcast->slots != 0) /* the last one may have been killed, and that asleep */
        __atomic_store_n(&memory->wanted, publisher->oldest, __ATOMIC_SEQ_CST);
    __atomic_store_n(&memory->publisher_bell, 0, __ATOMIC_SEQ_CST);
    publisher->has_role = 1;
    publisher->tid = posix_ipc_thread_self().tid;
    posix_ipc_ring_call(&memory->bell); /* who sleeps watches the role from now on */
    return 0;
}

/* Room for a message if there is some now: 0; EMSGSIZE: longer than the capacity less 32; EBUSY:
 * one is claimed; EAGAIN: only where the publisher waits, or fails. Then commit() or abort(). */
static inline int posix_ipc_publisher_try_claim(struct posix_ipc_publisher* publisher,
                                                uint32_t length, void** data) {
    *data = NULL;
    if (length > posix_ipc_broadcast_longest(&publisher->broadcast))
        return EMSGSIZE;
    if (publisher->claimed)
        return EBUSY;
    const int result = posix_ipc_publisher_turn(publisher, posix_ipc_broadcast_steps_of(length));
    if (result != 0)
        return result;
    publisher->claimed = 1;
    publisher->size = length;
    *data = posix_ipc_broadcast_record_at(&publisher->broadcast, publisher->position) + 1;
    return 0;
}

/* Where there is no room: 0 when there may be some, ETIMEDOUT; EAGAIN where the broadcast's policy
 * is to fail. */
static inline int posix_ipc_publisher_wait(struct posix_ipc_publisher* publisher,
                                           const struct timespec* until) {
    if (publisher->broadcast.full != POSIX_IPC_BROADCAST_WAIT)
        return EAGAIN;
    return posix_ipc_ring_wait(&publisher->waits, publisher->waiting, publisher, until);
}

/* As try_claim, but waits for room, if the broadcast does: 0, or ETIMEDOUT instead of EAGAIN. */
static inline int posix_ipc_publisher_claim(struct posix_ipc_publisher* publisher, uint32_t length,
                                            void** data, const struct timespec* until) {
    int result;
    while ((result = posix_ipc_publisher_try_claim(publisher, length, data)) == EAGAIN) {
        const int why = posix_ipc_publisher_wait(publisher, until);
        if (why != 0)
            return why;
    }
    return result;
}

/* Whether what is written is to be published now. */
static inline int posix_ipc_publisher_is_due(const struct posix_ipc_publisher* publisher) {
    const uint64_t bytes = (publisher->position - publisher->published) * POSIX_IPC_BROADCAST_STEP;
    return !publisher->together || publisher->unpublished >= POSIX_IPC_PUBLISHER_MOST_TOGETHER ||
           bytes >= POSIX_IPC_PUBLISHER_MOST_BYTES_TOGETHER ||
           bytes >= publisher->broadcast.capacity / 2 ||
           __atomic_load_n(&publisher->broadcast.head->bell, __ATOMIC_RELAXED) != 0;
}

/* Publishes the first `length` bytes of what was claimed: 0; EINVAL: none is, or the type is more
 * than 2^31 - 1, or it was shorter. */
static inline int posix_ipc_publisher_commit(struct posix_ipc_publisher* publisher, uint32_t length,
                                             uint32_t type) {
    if (!publisher->claimed || length > publisher->size || type > INT32_MAX)
        return EINVAL;
    struct posix_ipc_broadcast_record* record =
        posix_ipc_broadcast_record_at(&publisher->broadcast, publisher->position);
    __atomic_store_n(&record->length, length, __ATOMIC_RELAXED);
    __atomic_store_n(&record->type, type, __ATOMIC_RELAXED);
    publisher->claimed = 0;
    publisher->position += posix_ipc_broadcast_steps_of(length);
    publisher->number++;
    posix_ipc_publisher_write_number(publisher);
    publisher->unpublished++;
    if (posix_ipc_publisher_is_due(publisher))
        posix_ipc_publisher_flush(publisher);
    return 0;
}

/* Gives back what was claimed, unpublished. */
static inline void posix_ipc_publisher_abort(struct posix_ipc_publisher* publisher) {
    publisher->claimed = 0;
}

/* Publishes a message if there is room now: as try_claim, then commit; EINVAL also where it lies
 * nowhere. */
static inline int posix_ipc_publisher_try_publish(struct posix_ipc_publisher* publisher,
                                                  const void* data, uint32_t length,
                                                  uint32_t type) {
    void* room;
    if (type > INT32_MAX || (data == NULL && length != 0))
        return EINVAL;
    const int result = posix_ipc_publisher_try_claim(publisher, length, &room);
    if (result != 0)
        return result;
    posix_ipc_ring_copy(room, data, length);
    return posix_ipc_publisher_commit(publisher, length, type);
}

/* Publishes a message: as claim, then commit. */
static inline int posix_ipc_publisher_publish(struct posix_ipc_publisher* publisher,
                                              const void* data, uint32_t length, uint32_t type,
                                              const struct timespec* until) {
    int result;
    while ((result = posix_ipc_publisher_try_publish(publisher, data, length, type)) == EAGAIN) {
        const int why = posix_ipc_publisher_wait(publisher, until);
        if (why != 0)
            return why;
    }
    return result;
}

/* Publishes what was written, and gives the role up, once: 0; EPERM, and nothing is done: not by
 * the thread that has it. */
static inline int posix_ipc_publisher_close(struct posix_ipc_publisher* publisher) {
    if (!publisher->has_role)
        return 0; /* it may be another one's, of this thread, too */
    struct posix_ipc_mutex* role = &publisher->broadcast.head->role;
    int result = posix_ipc_ring_has(role, publisher->tid);
    if (result != 0)
        return result;
    posix_ipc_publisher_flush(publisher);
    result = posix_ipc_mutex_unlock(role);
    publisher->has_role = result != 0;
    return result;
}

#ifdef __cplusplus
}
#endif

#endif
