/* Who subscribes to a broadcast: a part of broadcast.h. All functions answer EBADMSG where somebody
 * has overwritten the memory. */
#ifndef POSIX_IPC_BROADCAST_SUBSCRIBER_H
#define POSIX_IPC_BROADCAST_SUBSCRIBER_H

#include <posix-ipc/broadcast_end.h>

#ifdef __cplusplus
extern "C" {
#endif

enum posix_ipc_broadcast_from {
    POSIX_IPC_BROADCAST_NEWEST, /* what is published from now on */
    POSIX_IPC_BROADCAST_OLDEST  /* all that is kept, too */
};

struct posix_ipc_subscriber {
    enum posix_ipc_channel_waiting waiting; /* to be set after it was opened */
    uint64_t lost; /* messages since it was opened, as far as it has found out */
    /* The rest is its own. */
    struct posix_ipc_broadcast broadcast;
    struct posix_ipc_broadcast_slot* slot; /* NULL: the publisher does not wait for it */
    uint32_t tid;                          /* of the thread that has it */
    uint64_t position, number;             /* of the next record, and of its message */
    uint64_t told;                         /* the position in the slot */
    uint64_t lost_before;                  /* what was lost up to the last message */
    struct posix_ipc_ring_waits waits;
};

struct posix_ipc_broadcast_message {
    uint32_t type, length;
    uint64_t lost; /* so many messages between the one before it and it */
};

/* Tells the publisher at once what was received, if it waits for this subscriber. */
static inline void posix_ipc_subscriber_flush(struct posix_ipc_subscriber* subscriber) {
    if (subscriber->slot == NULL || subscriber->told == subscriber->position)
        return;
    subscriber->told = subscriber->position;
    __atomic_store_n(&subscriber->slot->position, subscriber->position, __ATOMIC_SEQ_CST);
    POSIX_IPC_STEP(broadcast_told);
    posix_ipc_ring_ring(&subscriber->broadcast.head->publisher_bell);
}

/* Whether something is there that was not when it was last looked. */
static inline int posix_ipc_subscriber_ready(const void* which) {
    const struct posix_ipc_subscriber* subscriber = (const struct posix_ipc_subscriber*)which;
    const struct posix_ipc_broadcast* broadcast = &subscriber->broadcast;
    return __atomic_load_n(&broadcast->head->head, __ATOMIC_SEQ_CST) != subscriber->position ||
           posix_ipc_broadcast_overtaken(broadcast, subscriber->position);
}

/* Takes the first slot that is free: 0; EBUSY: there are as many subscribers as there may be. */
static inline int posix_ipc_subscriber_take_slot(struct posix_ipc_subscriber* subscriber) {
    int failure = 0;
    for (uint32_t i = 0; i < subscriber->broadcast.slots; i++) {
        subscriber->slot = posix_ipc_broadcast_slot_at(&subscriber->broadcast, i);
        const int result = posix_ipc_ring_take(&subscriber->slot->role);
        if (result == 0) {
            subscriber->tid = posix_ipc_thread_self().tid;
            POSIX_IPC_STEP(broadcast_slot_taken);
            return 0;
        }
        failure = posix_ipc_ring_failure(failure, result);
    }
    return failure;
}

/* Where to begin, from where on the publisher waits. It stores wanted, then looks at the slots;
 * this stores its position, then looks at wanted: one of the two sees what the other has stored. */
static inline int posix_ipc_subscriber_begin(struct posix_ipc_subscriber* subscriber,
                                             enum posix_ipc_broadcast_from from) {
    struct posix_ipc_broadcast_head* memory = subscriber->broadcast.head;
    const uint64_t* begin = from == POSIX_IPC_BROADCAST_OLDEST ? &memory->wanted : &memory->head;
    for (int i = 0; i < POSIX_IPC_BROADCAST_ATTEMPTS; i++) {
        const int result = posix_ipc_broadcast_start(&subscriber->broadcast, begin,
                                                     &subscriber->position, &subscriber->number);
        if (result != 0)
            return result;
        subscriber->told = subscriber->position;
        __atomic_store_n(&subscriber->slot->position, subscriber->position, __ATOMIC_SEQ_CST);
        POSIX_IPC_STEP(broadcast_began);
        posix_ipc_ring_call(&memory->publisher_bell); /* if it sleeps, it watches the role */
        if (__atomic_load_n(&memory->wanted, __ATOMIC_SEQ_CST) <= subscriber->position)
            return 0;
    }
    return EBADMSG;
}

/* A new subscriber, of any number: 0, or EBADMSG; where the publisher waits for them, also as
 * posix_ipc_ring_take(): EBUSY: there are as many as there may be. */
static inline int posix_ipc_subscriber_open(struct posix_ipc_subscriber* subscriber,
                                            const struct posix_ipc_broadcast* broadcast,
                                            enum posix_ipc_broadcast_from from) {
    struct posix_ipc_broadcast_head* memory = broadcast->head;
    memset(subscriber, 0, sizeof *subscriber);
    subscriber->broadcast = *broadcast;
    posix_ipc_ring_waits_init(&subscriber->waits, &memory->bell, 1, posix_ipc_subscriber_ready);
    if (broadcast->slots == 0)
        return posix_ipc_broadcast_start(
            broadcast, from == POSIX_IPC_BROADCAST_OLDEST ? &memory->oldest : &memory->head,
            &subscriber->position, &subscriber->number);
    int result = posix_ipc_subscriber_take_slot(subscriber);
    if (result == 0) {
        result = posix_ipc_subscriber_begin(subscriber, from);
        if (result != 0)
            posix_ipc_mutex_unlock(&subscriber->slot->role);
    }
    if (result != 0)
        subscriber->slot = NULL; /* it is somebody else's */
    return result;
}

#define POSIX_IPC_SUBSCRIBER_AGAIN (-1)
/* Whoever was overtaken that often in a row tries again later. */
#define POSIX_IPC_SUBSCRIBER_ATTEMPTS 8

/* It was overtaken: goes on at the oldest kept message. AGAIN, or EBADMSG. */
static inline int posix_ipc_subscriber_resume(struct posix_ipc_subscriber* subscriber) {
    uint64_t position, number;
    const int result = posix_ipc_broadcast_start(
        &subscriber->broadcast, &subscriber->broadcast.head->oldest, &position, &number);
    if (result != 0)
        return result;
    if (position > subscriber->position) {
        if (number < subscriber->number)
            return EBADMSG;
        subscriber->lost += number - subscriber->number;
        subscriber->position = position;
        subscriber->number = number;
    }
    return POSIX_IPC_SUBSCRIBER_AGAIN;
}

/* So many steps are done with. */
static inline void posix_ipc_subscriber_pass(struct posix_ipc_subscriber* subscriber,
                                             uint64_t steps) {
    subscriber->position += steps;
    if (subscriber->position - subscriber->told >=
        posix_ipc_broadcast_steps(&subscriber->broadcast) / 4)
        posix_ipc_subscriber_flush(subscriber);
}

/* One look at the next record, which may be overwritten all the while: what was read of it counts
 * only if it was not, and anybody may have written it, so each word is read once, and checked. As
 * try_receive, or AGAIN. */
static inline int posix_ipc_subscriber_look(struct posix_ipc_subscriber* subscriber, void* into,
                                            size_t room,
                                            struct posix_ipc_broadcast_message* message) {
    const struct posix_ipc_broadcast* broadcast = &subscriber->broadcast;
    const uint64_t steps =
        __atomic_load_n(&broadcast->head->head, __ATOMIC_ACQUIRE) - subscriber->position;
    if (steps == 0 || steps >= posix_ipc_broadcast_steps(broadcast)) {
        if (posix_ipc_broadcast_overtaken(broadcast, subscriber->position))
            return posix_ipc_subscriber_resume(subscriber);
        posix_ipc_subscriber_flush(subscriber);
        return steps == 0 ? EAGAIN : EBADMSG;
    }
    const struct posix_ipc_broadcast_record* record =
        posix_ipc_broadcast_record_at(broadcast, subscriber->position);
    const uint64_t to_end = posix_ipc_broadcast_to_end(broadcast, subscriber->position);
    const uint32_t length = __atomic_load_n(&record->length, __ATOMIC_RELAXED);
    const uint32_t type = __atomic_load_n(&record->type, __ATOMIC_RELAXED);
    const uint64_t number = __atomic_load_n(&record->number, __ATOMIC_RELAXED);
    const uint64_t size = posix_ipc_broadcast_steps_of(length);
    const int does_fit = size <= steps && size <= to_end;
    if (does_fit && length <= room)
        posix_ipc_ring_copy(into, record + 1, length);
    if (posix_ipc_broadcast_overtaken(broadcast, subscriber->position))
        return posix_ipc_subscriber_resume(subscriber);
    if (length == POSIX_IPC_RING_WRAP) {
        if (to_end > steps) /* also at the beginning: the publisher never needs it there */
            return EBADMSG;
        posix_ipc_subscriber_pass(subscriber, to_end);
        return POSIX_IPC_SUBSCRIBER_AGAIN;
    }
    if (!does_fit || number != subscriber->number || type > INT32_MAX)
        return EBADMSG;
    message->type = type;
    message->length = length;
    message->lost = subscriber->lost - subscriber->lost_before;
    if (length > room)
        return EMSGSIZE;
    subscriber->lost_before = subscriber->lost;
    subscriber->number++;
    posix_ipc_subscriber_pass(subscriber, size);
    return 0;
}

/* The next message if there is one now, copied: 0, or EAGAIN; EMSGSIZE: it is longer than the room,
 * and still there, or not: it may be overwritten. EBADMSG: somebody has overwritten the memory.
 * EINVAL: the room is nowhere. But for 0, what is in the room then is nothing. */
static inline int posix_ipc_subscriber_try_receive(struct posix_ipc_subscriber* subscriber,
                                                   void* into, size_t room,
                                                   struct posix_ipc_broadcast_message* message) {
    message->type = message->length = 0; /* for who does not look at the result */
    message->lost = 0;
    if (into == NULL && room != 0)
        return EINVAL;
    for (int i = 0; i < POSIX_IPC_SUBSCRIBER_ATTEMPTS; i++) {
        const int result = posix_ipc_subscriber_look(subscriber, into, room, message);
        if (result != POSIX_IPC_SUBSCRIBER_AGAIN)
            return result;
    }
    return EAGAIN;
}

/* The next message, copied: as try_receive, or ETIMEDOUT instead of EAGAIN. */
static inline int posix_ipc_subscriber_receive(struct posix_ipc_subscriber* subscriber, void* into,
                                               size_t room,
                                               struct posix_ipc_broadcast_message* message,
                                               const struct timespec* until) {
    int result;
    while ((result = posix_ipc_subscriber_try_receive(subscriber, into, room, message)) == EAGAIN) {
        const int why =
            posix_ipc_ring_wait(&subscriber->waits, subscriber->waiting, subscriber, until);
        if (why != 0)
            return why;
    }
    return result;
}

/* Gives its slot up, if it has one: 0; EPERM, and nothing is done: not by the thread that has it.
 */
static inline int posix_ipc_subscriber_close(struct posix_ipc_subscriber* subscriber) {
    if (subscriber->slot == NULL)
        return 0;
    int result = posix_ipc_ring_has(&subscriber->slot->role, subscriber->tid);
    if (result == 0)
        result = posix_ipc_mutex_unlock(&subscriber->slot->role);
    if (result != 0)
        return result;
    subscriber->slot = NULL;
    posix_ipc_ring_ring(&subscriber->broadcast.head->publisher_bell);
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif
