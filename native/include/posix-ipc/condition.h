/* The condition of posix-ipc, for C and C++: as lock.h, which it includes.
 *
 *     #include <posix-ipc/condition.h>
 *
 *     int state = posix_ipc_mutex_lock(mutex);
 *     for (;;) {
 *         if (state == EOWNERDEAD) {
 *             repair(data);
 *             posix_ipc_mutex_consistent(mutex);
 *             posix_ipc_condition_notify_all(condition, mutex);
 *         } else if (state != 0)
 *             return state;
 *         if (!is_empty(data))
 *             break;
 *         state = posix_ipc_condition_wait(condition, mutex, NULL);
 *     }
 *     ...
 *     posix_ipc_condition_notify(condition, mutex); // in another process, which has the mutex, too
 *
 * The layout and the protocol: docs/condition.md. Each function answers 0 or an errno. */
#ifndef POSIX_IPC_CONDITION_H
#define POSIX_IPC_CONDITION_H

#include <posix-ipc/lock.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the layout: 128 bytes at a multiple of 64 */

#define POSIX_IPC_CONDITION_MAGIC 0x4f434950u /* "PICO" */
#define POSIX_IPC_CONDITION_LAYOUT 1u
#define POSIX_IPC_CONDITION_GROUPS 4

/* Notifications that nobody has had yet, for those whose ticket is not above the limit. */
struct posix_ipc_condition_group {
    uint64_t limit;
    uint64_t count;
};

struct posix_ipc_condition {
    uint32_t sequence; /* who waits sleeps on it; each notification changes it */
    uint32_t waiting;  /* not less than those who wait: who dies is never taken off */
    uint32_t magic;
    uint16_t layout;
    uint16_t flags;
    uint64_t id;
    uint64_t mutex;   /* the id of the one mutex that it is used with; 0: none yet */
    uint64_t tickets; /* how many were drawn: the first one is 1 */
    uint64_t all;     /* whoever has a ticket up to this may go */
    uint64_t unused[2];
    struct posix_ipc_condition_group groups[POSIX_IPC_CONDITION_GROUPS];
};

/* A new condition in memory that nobody else uses yet. */
static inline void posix_ipc_condition_init(struct posix_ipc_condition* condition, uint64_t id) {
    memset(condition, 0, sizeof *condition);
    condition->layout = POSIX_IPC_CONDITION_LAYOUT;
    condition->id = id;
    __atomic_store_n(&condition->magic, POSIX_IPC_CONDITION_MAGIC, __ATOMIC_RELEASE);
}

/* 0; EINVAL: there is no condition. EPROTO: it has a layout that this header does not know. */
static inline int posix_ipc_condition_check(const struct posix_ipc_condition* condition) {
    if (__atomic_load_n(&condition->magic, __ATOMIC_ACQUIRE) != POSIX_IPC_CONDITION_MAGIC)
        return EINVAL;
    return condition->layout == POSIX_IPC_CONDITION_LAYOUT ? 0 : EPROTO;
}

/* ---- under the mutex, which guards all words. Its owner may die after any of these stores: each
 * leaves what others can go on with. */

static inline uint64_t posix_ipc_condition_read(const uint64_t* word) {
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/* In this order also for who looks after the writer's death. */
static inline void posix_ipc_condition_write(uint64_t* word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* 0; EINVAL: it belongs to another mutex. */
static inline int posix_ipc_condition_bind(struct posix_ipc_condition* condition,
                                           const struct posix_ipc_mutex* mutex) {
    uint64_t bound = 0;
    if (__atomic_compare_exchange_n(&condition->mutex, &bound, mutex->id, 0, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED))
        return 0;
    return bound == mutex->id ? 0 : EINVAL;
}

/* The ticket of one who begins to wait. */
static inline uint64_t posix_ipc_condition_enter(struct posix_ipc_condition* condition) {
    __atomic_fetch_add(&condition->waiting, 1, __ATOMIC_RELAXED);
    POSIX_IPC_STEP(condition_counted);
    const uint64_t ticket = posix_ipc_condition_read(&condition->tickets) + 1;
    posix_ipc_condition_write(&condition->tickets, ticket);
    POSIX_IPC_STEP(condition_drawn);
    return ticket;
}

/* Last of all, of one who has waited. */
static inline void posix_ipc_condition_leave(struct posix_ipc_condition* condition) {
    POSIX_IPC_STEP(condition_leaving);
    __atomic_fetch_sub(&condition->waiting, 1, __ATOMIC_RELAXED);
}

/* Tokens that nobody will take any more are none. */
static inline int posix_ipc_condition_is_free(const struct posix_ipc_condition* condition,
                                              const struct posix_ipc_condition_group* group) {
    return posix_ipc_condition_read(&group->count) == 0 ||
           posix_ipc_condition_read(&group->limit) <= posix_ipc_condition_read(&condition->all);
}

/* Of those in use that let a ticket go the one with the lowest limit; NULL: there is none. */
static inline struct posix_ipc_condition_group*
posix_ipc_condition_lowest(struct posix_ipc_condition* condition, uint64_t ticket) {
    struct posix_ipc_condition_group* lowest = NULL;
    for (int i = 0; i < POSIX_IPC_CONDITION_GROUPS; i++) {
        struct posix_ipc_condition_group* group = &condition->groups[i];
        const uint64_t limit = posix_ipc_condition_read(&group->limit);
        if (limit >= ticket && !posix_ipc_condition_is_free(condition, group) &&
            (lowest == NULL || limit < posix_ipc_condition_read(&lowest->limit)))
            lowest = group;
    }
    return lowest;
}

/* Whether who has the ticket may go, and has left: it had a notification that was for it, too. */
static inline int posix_ipc_condition_pass(struct posix_ipc_condition* condition, uint64_t ticket) {
    if (ticket > posix_ipc_condition_read(&condition->all)) {
        struct posix_ipc_condition_group* group = posix_ipc_condition_lowest(condition, ticket);
        if (group == NULL)
            return 0;
        posix_ipc_condition_write(&group->count, posix_ipc_condition_read(&group->count) - 1);
    }
    posix_ipc_condition_leave(condition);
    return 1;
}

/* What to sleep on when the mutex is unlocked. */
static inline uint32_t posix_ipc_condition_look(const struct posix_ipc_condition* condition) {
    return __atomic_load_n(&condition->sequence, __ATOMIC_ACQUIRE);
}

/* A group for the limit of all tickets. If all are in use, those with the oldest tickets may all
 * go: more than were notified, but none is forgotten, and no later one takes what was for them. */
static inline struct posix_ipc_condition_group*
posix_ipc_condition_group_for(struct posix_ipc_condition* condition, uint64_t tickets) {
    for (;;) {
        struct posix_ipc_condition_group* found = posix_ipc_condition_lowest(condition, tickets);
        for (int i = 0; i < POSIX_IPC_CONDITION_GROUPS && found == NULL; i++)
            if (posix_ipc_condition_is_free(condition, &condition->groups[i]))
                found = &condition->groups[i];
        if (found != NULL)
            return found;
        const struct posix_ipc_condition_group* oldest = posix_ipc_condition_lowest(condition, 0);
        if (oldest != NULL) /* else somebody writes there who must not */
            posix_ipc_condition_write(&condition->all, posix_ipc_condition_read(&oldest->limit));
        POSIX_IPC_STEP(condition_evicted);
    }
}

/* One more notification for those who wait now. */
static inline void posix_ipc_condition_give(struct posix_ipc_condition* condition) {
    const uint64_t tickets = posix_ipc_condition_read(&condition->tickets);
    if (tickets <= posix_ipc_condition_read(&condition->all))
        return;
    struct posix_ipc_condition_group* group = posix_ipc_condition_group_for(condition, tickets);
    if (posix_ipc_condition_read(&group->limit) != tickets) {
        posix_ipc_condition_write(&group->count, 0);
        POSIX_IPC_STEP(condition_cleared);
        posix_ipc_condition_write(&group->limit, tickets);
        POSIX_IPC_STEP(condition_limited);
    }
    posix_ipc_condition_write(&group->count, posix_ipc_condition_read(&group->count) + 1);
    POSIX_IPC_STEP(condition_given);
}

/* Lets one of those who wait go, or all. They are woken first: all need the mutex before they look,
 * and if the owner dies before it has given anything, nothing was notified. */
static inline void posix_ipc_condition_raise(struct posix_ipc_condition* condition, int all) {
    if (__atomic_load_n(&condition->waiting, __ATOMIC_RELAXED) == 0)
        return;
    __atomic_fetch_add(&condition->sequence, 1, __ATOMIC_RELEASE);
    POSIX_IPC_STEP(condition_changed);
    syscall(SYS_futex, &condition->sequence, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
    POSIX_IPC_STEP(condition_woken);
    if (all)
        posix_ipc_condition_write(&condition->all, posix_ipc_condition_read(&condition->tickets));
    else
        posix_ipc_condition_give(condition);
}

/* ---- without the mutex */

/* Sleeps until somebody notifies, who had not when look() was called: 0, or EAGAIN, EINTR,
 * ETIMEDOUT, EINVAL. `until`: an instant of CLOCK_MONOTONIC, NULL for ever. */
static inline int posix_ipc_condition_sleep(struct posix_ipc_condition* condition,
                                            uint32_t sequence, const struct timespec* until) {
    POSIX_IPC_STEP(condition_sleeping);
    const long result = syscall(SYS_futex, &condition->sequence, FUTEX_WAIT_BITSET, sequence, until,
                                NULL, FUTEX_BITSET_MATCH_ANY);
    POSIX_IPC_STEP(condition_awake);
    return result == 0 ? 0 : posix_ipc_sleep_error(until);
}

/* ---- for threads of C and C++ programs */

#ifndef POSIX_IPC_LOCK_CORE_ONLY

/* 0; EPERM: the thread has not locked the mutex; EINVAL: it belongs to another mutex. */
static inline int posix_ipc_condition_begin(struct posix_ipc_condition* condition,
                                            const struct posix_ipc_mutex* mutex) {
    const struct posix_ipc_thread self = posix_ipc_thread_self();
    if ((__atomic_load_n(&mutex->word, __ATOMIC_RELAXED) & FUTEX_TID_MASK) != self.tid)
        return EPERM;
    return posix_ipc_condition_bind(condition, mutex);
}

/* With the mutex; unlocks it until somebody notifies, or the instant of CLOCK_MONOTONIC has come
 * (NULL: never), and locks it again: 0, ETIMEDOUT. EOWNERDEAD: the same, notified or not, and its
 * last owner has died; ENOTRECOVERABLE: it can not be locked any more. EPERM, EINVAL: as
 * posix_ipc_condition_begin(), or the death of an owner is not settled, or `until` is no instant.
 */
static inline int posix_ipc_condition_wait(struct posix_ipc_condition* condition,
                                           struct posix_ipc_mutex* mutex,
                                           const struct timespec* until) {
    int result = posix_ipc_condition_begin(condition, mutex);
    if (result != 0)
        return result;
    if ((__atomic_load_n(&mutex->word, __ATOMIC_RELAXED) & FUTEX_OWNER_DIED) != 0)
        return EINVAL;
    const uint64_t ticket = posix_ipc_condition_enter(condition);
    for (;;) {
        const uint32_t sequence = posix_ipc_condition_look(condition);
        posix_ipc_mutex_unlock(mutex);
        const int why = posix_ipc_condition_sleep(condition, sequence, until);
        result = posix_ipc_mutex_lock(mutex);
        if (result != 0 && result != EOWNERDEAD)
            return result;
        if (posix_ipc_condition_pass(condition, ticket))
            return result;
        if (result == EOWNERDEAD || posix_ipc_is_over(why)) {
            posix_ipc_condition_leave(condition);
            return result == EOWNERDEAD ? result : why;
        }
    }
}

/* With the mutex: lets one of those who wait go. EPERM, EINVAL: as posix_ipc_condition_begin(). */
static inline int posix_ipc_condition_notify(struct posix_ipc_condition* condition,
                                             struct posix_ipc_mutex* mutex) {
    const int result = posix_ipc_condition_begin(condition, mutex);
    if (result == 0)
        posix_ipc_condition_raise(condition, 0);
    return result;
}

/* The same, of all. */
static inline int posix_ipc_condition_notify_all(struct posix_ipc_condition* condition,
                                                 struct posix_ipc_mutex* mutex) {
    const int result = posix_ipc_condition_begin(condition, mutex);
    if (result == 0)
        posix_ipc_condition_raise(condition, 1);
    return result;
}

#endif /* POSIX_IPC_LOCK_CORE_ONLY */

#ifdef __cplusplus
}
#endif

#endif
