/* What is done once by all processes, for C and C++: as lock.h, which it includes.
 *
 *     #include <posix-ipc/once.h>
 *
 *     int state = posix_ipc_once_begin(once);
 *     if (state == 0 || state == EOWNERDEAD) { // EOWNERDEAD: one who had begun has died
 *         prepare(data);
 *         posix_ipc_once_end(once, 1);
 *     } else if (state != EALREADY)
 *         fail(state);
 *
 * The layout and the protocol: docs/once.md. Each function answers 0 or an errno. */
#ifndef POSIX_IPC_ONCE_H
#define POSIX_IPC_ONCE_H

#include <posix-ipc/lock.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the layout: 128 bytes at a multiple of 64 */

#define POSIX_IPC_ONCE_MAGIC 0x4E4F4950u /* "PION" */
#define POSIX_IPC_ONCE_LAYOUT 1u

struct posix_ipc_once {
    uint32_t done; /* 1: it is */
    uint32_t unused;
    uint32_t magic;
    uint16_t layout;
    uint16_t flags;
    uint64_t id;
    uint64_t reserved[5];
    struct posix_ipc_mutex gate; /* locked by who does it */
};

/* In memory that nobody else uses yet. */
static inline void posix_ipc_once_init(struct posix_ipc_once* once, uint64_t id) {
    memset(once, 0, sizeof *once);
    once->layout = POSIX_IPC_ONCE_LAYOUT;
    once->id = id;
    posix_ipc_mutex_init(&once->gate, 0, id);
    __atomic_store_n(&once->magic, POSIX_IPC_ONCE_MAGIC, __ATOMIC_RELEASE);
}

/* 0; EINVAL: there is nothing of the kind. EPROTO: it has a layout that this header does not know.
 */
static inline int posix_ipc_once_check(const struct posix_ipc_once* once) {
    if (__atomic_load_n(&once->magic, __ATOMIC_ACQUIRE) != POSIX_IPC_ONCE_MAGIC)
        return EINVAL;
    return once->layout == POSIX_IPC_ONCE_LAYOUT ? 0 : EPROTO;
}

static inline int posix_ipc_once_is_done(const struct posix_ipc_once* once) {
    return __atomic_load_n(&once->done, __ATOMIC_ACQUIRE) == 1;
}

/* By the owner of the gate, before it leaves. Who dies after this has done it. */
static inline void posix_ipc_once_set_done(struct posix_ipc_once* once) {
    __atomic_store_n(&once->done, 1, __ATOMIC_RELEASE);
    POSIX_IPC_STEP(once_done);
    posix_ipc_mutex_settle(&once->gate);
}

/* ---- for threads of C and C++ programs */

#ifndef POSIX_IPC_LOCK_CORE_ONLY

/* 0: this thread has to do it, and then calls posix_ipc_once_end(). EOWNERDEAD: the same, and one
 * who had begun has died; EALREADY: it is done; ETIMEDOUT, EDEADLK (this thread does it), EINVAL
 * (`until` is no instant), ENOSYS.
 * `until`: an instant of CLOCK_MONOTONIC, NULL for ever. */
static inline int posix_ipc_once_timedbegin(struct posix_ipc_once* once,
                                            const struct timespec* until) {
    if (posix_ipc_once_is_done(once))
        return EALREADY;
    const int result = posix_ipc_mutex_timedlock(&once->gate, until);
    if ((result != 0 && result != EOWNERDEAD) || !posix_ipc_once_is_done(once))
        return result;
    if (result == EOWNERDEAD)
        posix_ipc_mutex_settle(&once->gate);
    posix_ipc_mutex_unlock(&once->gate);
    return EALREADY;
}

static inline int posix_ipc_once_begin(struct posix_ipc_once* once) {
    return posix_ipc_once_timedbegin(once, NULL);
}

/* Of who has begun: 0, or EPERM. Not `done`: the next one begins anew, and is told of a death that
 * this one was told of. */
static inline int posix_ipc_once_end(struct posix_ipc_once* once, int done) {
    struct posix_ipc_mutex* gate = &once->gate;
    const struct posix_ipc_thread self = posix_ipc_thread_self();
    const uint32_t word = __atomic_load_n(&gate->word, __ATOMIC_RELAXED);
    if ((word & FUTEX_TID_MASK) != self.tid)
        return EPERM;
    if (done)
        posix_ipc_once_set_done(once);
    if (done || (word & FUTEX_OWNER_DIED) == 0)
        return posix_ipc_mutex_unlock(gate);
    posix_ipc_announce(self.head, gate);
    posix_ipc_unlink(gate);
    posix_ipc_mutex_die(gate);
    posix_ipc_announce(self.head, NULL);
    return 0;
}

#endif /* POSIX_IPC_LOCK_CORE_ONLY */

#ifdef __cplusplus
}
#endif

#endif
