/* The readers-writer lock of posix-ipc, for C and C++: as lock.h, which it includes.
 *
 *     #include <posix-ipc/rwlock.h>
 *
 *     int state = posix_ipc_rwlock_wrlock(lock);
 *     if (state == EOWNERDEAD) {
 *         repair(data);
 *         posix_ipc_rwlock_consistent(lock);
 *     }
 *     ...
 *     posix_ipc_rwlock_unlock(lock);
 *
 * The layout and the protocol: docs/rwlock.md. Each function answers 0 or an errno. */
#ifndef POSIX_IPC_RWLOCK_H
#define POSIX_IPC_RWLOCK_H

#include <posix-ipc/lock.h>
#include <posix-ipc/rwlock_state.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A slot of this thread, or `slots`. */
static inline uint32_t posix_ipc_rwlock_own(struct posix_ipc_rwlock* lock) {
    const uint32_t tid = posix_ipc_thread_self().tid;
    for (uint32_t i = 0; i < lock->slots; i++) {
        const uint32_t slot = (tid + i) % lock->slots;
        if (posix_ipc_owner(posix_ipc_rwlock_slot(lock, slot)) == tid)
            return slot;
    }
    return lock->slots;
}

/* 0; EAGAIN: all are taken. */
static inline int posix_ipc_rwlock_enter(struct posix_ipc_rwlock* lock, uint32_t* taken) {
    const uint32_t tid = posix_ipc_thread_self().tid;
    for (uint32_t i = 0; i < lock->slots; i++) {
        *taken = (tid + i) % lock->slots;
        struct posix_ipc_mutex* slot = posix_ipc_rwlock_slot(lock, *taken);
        if (posix_ipc_owner(slot) != 0)
            continue;
        const int result = posix_ipc_mutex_trylock(slot);
        if (result == EOWNERDEAD)
            posix_ipc_mutex_settle(slot); /* a reader that died has torn nothing */
        if (result == 0 || result == EOWNERDEAD)
            return 0;
        if (result == ENOSYS)
            return result;
    }
    return EAGAIN;
}

/* Reads in the slot no more. */
static inline int posix_ipc_rwlock_leave_slot(struct posix_ipc_rwlock* lock, uint32_t slot) {
    posix_ipc_rwlock_set_reader(posix_ipc_rwlock_slot(lock, slot), 0);
    return posix_ipc_mutex_unlock(posix_ipc_rwlock_slot(lock, slot));
}

static inline int posix_ipc_rwlock_writes(struct posix_ipc_rwlock* lock) {
    return posix_ipc_owner(&lock->gate) == posix_ipc_thread_self().tid;
}

static inline int posix_ipc_rwlock_lock_gate(struct posix_ipc_rwlock* lock,
                                             const struct timespec* until, int wait) {
    const int result = posix_ipc_mutex_lock_until(&lock->gate, until, wait);
    return result == EOWNERDEAD ? 0 : result;
}

static inline int posix_ipc_rwlock_leave_gate(struct posix_ipc_rwlock* lock) {
    posix_ipc_rwlock_reopen(lock);
    return posix_ipc_mutex_unlock(&lock->gate);
}

/* Of who has the gate: until it may write, or EAGAIN as of claim(). Then it has left the gate. */
static inline int posix_ipc_rwlock_drain(struct posix_ipc_rwlock* lock, uint32_t own,
                                         const struct timespec* until, int wait) {
    const uint32_t slots = lock->slots;
    uint32_t busy = 0;
    int result;
    while ((result = posix_ipc_rwlock_claim(lock, slots, own, &busy)) == EBUSY && wait) {
        struct posix_ipc_mutex* slot = posix_ipc_rwlock_slot(lock, busy);
        if (posix_ipc_owner(slot) == posix_ipc_thread_self().tid) {
            result = EDEADLK;
            break;
        }
        const uint32_t expected = posix_ipc_rwlock_arrive(lock, slots, own, busy);
        const int why = expected != 0 ? posix_ipc_mutex_sleep(slot, expected, until) : 0;
        if (posix_ipc_is_over(why)) {
            result = why;
            break;
        }
    }
    if (result != 0)
        posix_ipc_rwlock_leave_gate(lock);
    return result;
}

/* As enter(), of one who then reads: that nobody writes, the gate or the state has to show. EBUSY:
 * no slot is free, but one is going to be. */
static inline int posix_ipc_rwlock_read(struct posix_ipc_rwlock* lock, int is_at_gate) {
    uint32_t slot = 0;
    const int result = posix_ipc_rwlock_enter(lock, &slot);
    if (result == EAGAIN)
        return posix_ipc_rwlock_is_full(lock, lock->slots) ? EAGAIN : EBUSY;
    if (result != 0)
        return result;
    struct posix_ipc_mutex* mutex = posix_ipc_rwlock_slot(lock, slot);
    if (is_at_gate || posix_ipc_rwlock_admit(lock) == 0) {
        posix_ipc_rwlock_set_reader(mutex, posix_ipc_thread_self().tid);
        return 0;
    }
    posix_ipc_mutex_unlock(mutex);
    return EBUSY;
}

static inline int posix_ipc_rwlock_rdlock_until(struct posix_ipc_rwlock* lock,
                                                const struct timespec* until, int wait) {
    int result = posix_ipc_rwlock_read(lock, 0);
    while (result == EBUSY) {
        if ((result = posix_ipc_rwlock_lock_gate(lock, until, wait)) != 0)
            return result;
        if (posix_ipc_rwlock_adopt(lock) == EOWNERDEAD)
            return EOWNERDEAD;
        result = posix_ipc_rwlock_read(lock, 1);
        posix_ipc_mutex_unlock(&lock->gate);
        if (result != EBUSY || !wait)
            return result;
        posix_ipc_rwlock_pause();
        const int why = posix_ipc_expired(until);
        if (why != 0)
            return why;
    }
    return result;
}

static inline int posix_ipc_rwlock_wrlock_until(struct posix_ipc_rwlock* lock,
                                                const struct timespec* until, int wait) {
    int result;
    do {
        if ((result = posix_ipc_rwlock_lock_gate(lock, until, wait)) != 0)
            return result;
        if (posix_ipc_rwlock_adopt(lock) == EOWNERDEAD)
            return EOWNERDEAD;
        result = posix_ipc_rwlock_drain(lock, lock->slots, until, wait);
    } while (result == EAGAIN && wait);
    return result == EAGAIN ? EBUSY : result;
}

/* 0; EOWNERDEAD: who wrote last has died in the midst of it, and this thread may write, alone, as
 * after wrlock(); ENOTRECOVERABLE; EAGAIN: all slots are taken; EDEADLK: it writes; ENOSYS. */
static inline int posix_ipc_rwlock_rdlock(struct posix_ipc_rwlock* lock) {
    return posix_ipc_rwlock_rdlock_until(lock, NULL, 1);
}

/* The same, or ETIMEDOUT; EINVAL: it would have to wait, and `until` is no instant of
 * CLOCK_MONOTONIC. */
static inline int posix_ipc_rwlock_timedrdlock(struct posix_ipc_rwlock* lock,
                                               const struct timespec* until) {
    return posix_ipc_rwlock_rdlock_until(lock, until, 1);
}

/* The same, or EBUSY. */
static inline int posix_ipc_rwlock_tryrdlock(struct posix_ipc_rwlock* lock) {
    return posix_ipc_rwlock_rdlock_until(lock, NULL, 0);
}

/* 0; EOWNERDEAD: the same, but who wrote last has died in the midst of it; ENOTRECOVERABLE;
 * EDEADLK: this thread reads or writes; ENOSYS. */
static inline int posix_ipc_rwlock_wrlock(struct posix_ipc_rwlock* lock) {
    return posix_ipc_rwlock_wrlock_until(lock, NULL, 1);
}

/* The same, or ETIMEDOUT, EINVAL. */
static inline int posix_ipc_rwlock_timedwrlock(struct posix_ipc_rwlock* lock,
                                               const struct timespec* until) {
    return posix_ipc_rwlock_wrlock_until(lock, until, 1);
}

/* The same, or EBUSY. */
static inline int posix_ipc_rwlock_trywrlock(struct posix_ipc_rwlock* lock) {
    return posix_ipc_rwlock_wrlock_until(lock, NULL, 0);
}

/* After EOWNERDEAD: 0, EINVAL or EPERM. */
static inline int posix_ipc_rwlock_consistent(struct posix_ipc_rwlock* lock) {
    return posix_ipc_mutex_consistent(&lock->gate);
}

/* Of who reads or writes: 0; EPERM; ENOTRECOVERABLE: after EOWNERDEAD without
 * posix_ipc_rwlock_consistent, so that nobody can lock it any more. */
static inline int posix_ipc_rwlock_unlock(struct posix_ipc_rwlock* lock) {
    if (posix_ipc_rwlock_writes(lock))
        return posix_ipc_rwlock_leave_gate(lock);
    const uint32_t own = posix_ipc_rwlock_own(lock);
    return own == lock->slots ? EPERM : posix_ipc_rwlock_leave_slot(lock, own);
}

/* Of who reads, `until` as above: it writes, and nobody else has written meanwhile. EDEADLK:
 * another one does the same, so that each would wait for the other. It reads on where that fails.
 */
static inline int posix_ipc_rwlock_upgrade(struct posix_ipc_rwlock* lock,
                                           const struct timespec* until) {
    const uint32_t own = posix_ipc_rwlock_own(lock);
    if (own == lock->slots)
        return EPERM;
    int result = posix_ipc_mutex_trylock(&lock->upgrade);
    if (result == EOWNERDEAD)
        posix_ipc_mutex_settle(&lock->upgrade);
    else if (result != 0)
        return result == EBUSY ? EDEADLK : result;
    posix_ipc_rwlock_nudge(posix_ipc_rwlock_slot(lock, own));
    if ((result = posix_ipc_rwlock_lock_gate(lock, until, 1)) == 0) {
        posix_ipc_rwlock_adopt(lock);
        result = posix_ipc_rwlock_drain(lock, own, until, 1);
    }
    posix_ipc_rwlock_calm(posix_ipc_rwlock_slot(lock, own));
    if (result == 0)
        posix_ipc_rwlock_leave_slot(lock, own);
    posix_ipc_mutex_unlock(&lock->upgrade);
    return result;
}

/* Of who writes: it reads on, and nobody else has written meanwhile. EAGAIN: all slots are taken.
 */
static inline int posix_ipc_rwlock_downgrade(struct posix_ipc_rwlock* lock) {
    if (!posix_ipc_rwlock_writes(lock) || posix_ipc_rwlock_is_unsettled(lock))
        return EPERM;
    int result = posix_ipc_rwlock_read(lock, 1);
    for (int i = 0; result == EBUSY && i < POSIX_IPC_RWLOCK_PAUSES; i++) {
        posix_ipc_rwlock_pause();
        result = posix_ipc_rwlock_read(lock, 1);
    }
    if (result != 0)
        return result == EBUSY ? EAGAIN : result;
    return posix_ipc_rwlock_leave_gate(lock);
}

#ifdef __cplusplus
}
#endif

#endif
