/* The barrier of posix-ipc, for C and C++: as lock.h, which it includes.
 *
 *     #include <posix-ipc/barrier.h>
 *
 *     int state = posix_ipc_barrier_wait(barrier, parties, NULL); // 0: all have come
 *     if (state == EOWNERDEAD) // one who waited has died
 *         start_again();       // somebody calls posix_ipc_barrier_reset()
 *
 * The layout and the protocol: docs/barrier.md. Each function answers 0 or an errno. `parties` is
 * what posix_ipc_barrier_check() has read. */
#ifndef POSIX_IPC_BARRIER_H
#define POSIX_IPC_BARRIER_H

#include <posix-ipc/barrier_state.h>
#include <posix-ipc/lock.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NULL: none is free. */
static inline struct posix_ipc_mutex*
posix_ipc_barrier_take_slot(struct posix_ipc_barrier* barrier, uint32_t parties,
                            const struct posix_ipc_thread* self) {
    for (uint32_t i = 0; i + 1 < parties; i++) {
        struct posix_ipc_mutex* slot = posix_ipc_barrier_slot(barrier, i);
        posix_ipc_announce(self->head, slot);
        const int result = posix_ipc_barrier_claim(slot, self->tid);
        if (result == 0)
            posix_ipc_link(self->head, slot);
        posix_ipc_announce(self->head, NULL);
        if (result == 0)
            return slot;
    }
    return NULL;
}

static inline void posix_ipc_barrier_leave_slot(struct posix_ipc_mutex* slot,
                                                const struct posix_ipc_thread* self) {
    posix_ipc_announce(self->head, slot);
    posix_ipc_unlink(slot);
    posix_ipc_barrier_free(slot);
    posix_ipc_announce(self->head, NULL);
}

/* With a slot. */
static inline int posix_ipc_barrier_wait_in(struct posix_ipc_barrier* barrier, uint32_t parties,
                                            struct posix_ipc_mutex* slot,
                                            const struct timespec* until) {
    uint32_t words[POSIX_IPC_BARRIER_MOST_SLOTS];
    uint32_t generation = 0;
    int result = posix_ipc_barrier_join(barrier, parties, slot, &generation);
    if (result != EAGAIN)
        return result == 0 ? -1 : result;
    while ((result = posix_ipc_barrier_state(barrier, parties, slot, generation, words)) ==
           EAGAIN) {
        const int why = posix_ipc_barrier_sleep(barrier, parties, generation, words, until);
        if ((posix_ipc_is_over(why) || why == ENOSYS) &&
            posix_ipc_barrier_withdraw(barrier, generation))
            return why;
    }
    posix_ipc_barrier_pass_on(barrier, generation);
    return result;
}

/* 0: all have come; -1: the same, and this was the last one, of which there is one. EOWNERDEAD: one
 * who waited has died, and the barrier is broken until somebody resets it; ETIMEDOUT: as if it had
 * not come; EINVAL: the same, as `until` is no instant; ENOSYS: not this libc, or not this kernel.
 * `until`: an instant of CLOCK_MONOTONIC, NULL for ever. */
static inline int posix_ipc_barrier_wait(struct posix_ipc_barrier* barrier, uint32_t parties,
                                         const struct timespec* until) {
    const struct posix_ipc_thread self = posix_ipc_thread_self();
    if (self.head == NULL)
        return ENOSYS;
    for (;;) {
        posix_ipc_announce(self.head, posix_ipc_barrier_bell(barrier));
        int result = posix_ipc_barrier_pass(barrier, parties);
        posix_ipc_announce(self.head, NULL);
        if (result != EAGAIN)
            return result == 0 ? -1 : result;
        struct posix_ipc_mutex* slot = posix_ipc_barrier_take_slot(barrier, parties, &self);
        if (slot == NULL) {
            posix_ipc_barrier_pause(barrier);
            if ((result = posix_ipc_expired(until)) != 0)
                return result;
            continue;
        }
        posix_ipc_announce(self.head, posix_ipc_barrier_bell(barrier));
        result = posix_ipc_barrier_wait_in(barrier, parties, slot, until);
        posix_ipc_announce(self.head, NULL);
        posix_ipc_barrier_leave_slot(slot, &self);
        return result;
    }
}

/* 0: a broken barrier begins anew; EINVAL: it was not broken; ENOSYS. */
static inline int posix_ipc_barrier_reset(struct posix_ipc_barrier* barrier, uint32_t parties) {
    const struct posix_ipc_thread self = posix_ipc_thread_self();
    if (self.head == NULL)
        return ENOSYS;
    posix_ipc_announce(self.head, posix_ipc_barrier_bell(barrier));
    const int was_broken = posix_ipc_barrier_restart(barrier, parties);
    posix_ipc_announce(self.head, NULL);
    return was_broken ? 0 : EINVAL;
}

#ifdef __cplusplus
}
#endif

#endif
