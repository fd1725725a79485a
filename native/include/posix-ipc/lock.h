/* Locks of posix-ipc in shared memory, for C and C++: Linux, 64 bits, little-endian, GCC or Clang.
 *
 *     #include <posix-ipc/lock.h>
 *
 *     int state = posix_ipc_mutex_lock(mutex);
 *     if (state == EOWNERDEAD) {
 *         repair(data);
 *         posix_ipc_mutex_consistent(mutex);
 *     } else if (state != 0)
 *         fail(state);
 *     ...
 *     posix_ipc_mutex_unlock(mutex);
 *
 * The layout and the protocol: docs/mutex.md. Needs nothing but libc, and lock_word.h beside it;
 * each function answers 0 or an errno. */
#ifndef POSIX_IPC_LOCK_H
#define POSIX_IPC_LOCK_H

#include <posix-ipc/lock_word.h>
#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What follows trusts the links in the memory, as libc does with its own robust mutexes; the two
 * share one list. */

#ifndef POSIX_IPC_LOCK_CORE_ONLY

struct posix_ipc_thread {
    uint32_t tid;
    struct robust_list_head* head;
};

static __thread struct posix_ipc_thread posix_ipc_thread_known;

static inline void posix_ipc_thread_forget(void) {
    posix_ipc_thread_known.tid = 0;
}

/* In a child of fork(2) the thread is another one: it owns nothing of what its parent has locked.
 */
__attribute__((constructor)) static void posix_ipc_thread_watch_fork(void) {
    pthread_atfork(NULL, NULL, posix_ipc_thread_forget);
}

/* The calling thread; its head is NULL where libc is not known. */
static inline struct posix_ipc_thread posix_ipc_thread_self(void) {
    struct posix_ipc_thread* self = &posix_ipc_thread_known;
    if (self->tid == 0) {
        self->head = posix_ipc_robust_list();
        self->tid = (uint32_t)syscall(SYS_gettid);
    }
    return *self;
}

/* The node of glibc's list is a pair of pointers, of which others know the second. */
static inline uint64_t* posix_ipc_node_previous(uint64_t node) {
    return (uint64_t*)(uintptr_t)((node & ~(uint64_t)1) - sizeof(uint64_t));
}

static inline uint64_t* posix_ipc_node_next(uint64_t node) {
    return (uint64_t*)(uintptr_t)(node & ~(uint64_t)1);
}

static inline void posix_ipc_link(struct robust_list_head* head, struct posix_ipc_mutex* mutex) {
    const uint64_t node = (uint64_t)(uintptr_t)&mutex->next;
    const uint64_t first = (uint64_t)(uintptr_t)head->list.next;
    mutex->previous = (uint64_t)(uintptr_t)&head->list;
    mutex->next = first;
    *posix_ipc_node_previous(first) = node;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&head->list.next, (struct robust_list*)(uintptr_t)node, __ATOMIC_RELEASE);
}

static inline void posix_ipc_unlink(struct posix_ipc_mutex* mutex) {
    *posix_ipc_node_previous(mutex->next) = mutex->previous;
    *posix_ipc_node_next(mutex->previous) = mutex->next;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* `until`: an instant of CLOCK_MONOTONIC, NULL for ever; `wait`: else EBUSY. */
static inline int posix_ipc_mutex_lock_until(struct posix_ipc_mutex* mutex,
                                             const struct timespec* until, int wait) {
    const struct posix_ipc_thread self = posix_ipc_thread_self();
    if (self.head == NULL)
        return ENOSYS;
    if ((__atomic_load_n(&mutex->word, __ATOMIC_RELAXED) & FUTEX_TID_MASK) == self.tid)
        return EDEADLK;
    posix_ipc_announce(self.head, mutex);
    int barging = !wait;
    int slept = 0;
    int why = 0;
    int result;
    while ((result = posix_ipc_mutex_try_on(mutex, self.tid, barging,
                                            wait ? posix_ipc_instant(until) : 0)) == EBUSY &&
           wait) {
        const uint32_t expected = posix_ipc_mutex_arrive(mutex);
        if (expected == 0)
            continue;
        if (!slept++)
            __atomic_fetch_add(&mutex->contentions, 1, __ATOMIC_RELAXED);
        why = posix_ipc_mutex_sleep(mutex, expected, until);
        barging |= why == 0;
        wait = !posix_ipc_is_over(why);
    }
    if (result == EBUSY && slept)
        result = why;
    if (result == 0 || result == EOWNERDEAD)
        posix_ipc_link(self.head, mutex);
    posix_ipc_announce(self.head, NULL);
    return result;
}

/* 0; EOWNERDEAD: the same, but its last owner has died in the midst of its work; ENOTRECOVERABLE;
 * EDEADLK: this thread has it; ENOSYS: not this libc. */
static inline int posix_ipc_mutex_lock(struct posix_ipc_mutex* mutex) {
    return posix_ipc_mutex_lock_until(mutex, NULL, 1);
}

/* The same, or ETIMEDOUT; EINVAL: it would have to wait, and `until` is no instant. */
static inline int posix_ipc_mutex_timedlock(struct posix_ipc_mutex* mutex,
                                            const struct timespec* until) {
    return posix_ipc_mutex_lock_until(mutex, until, 1);
}

/* The same, or EBUSY. */
static inline int posix_ipc_mutex_trylock(struct posix_ipc_mutex* mutex) {
    return posix_ipc_mutex_lock_until(mutex, NULL, 0);
}

/* After EOWNERDEAD: 0, EINVAL or EPERM. */
static inline int posix_ipc_mutex_consistent(struct posix_ipc_mutex* mutex) {
    const struct posix_ipc_thread self = posix_ipc_thread_self();
    if ((__atomic_load_n(&mutex->word, __ATOMIC_RELAXED) & FUTEX_TID_MASK) != self.tid)
        return EPERM;
    return posix_ipc_mutex_settle(mutex);
}

/* 0; EPERM: this thread has not locked it; ENOTRECOVERABLE: unlocked after EOWNERDEAD without
 * posix_ipc_mutex_consistent, so that nobody can lock it any more. */
static inline int posix_ipc_mutex_unlock(struct posix_ipc_mutex* mutex) {
    const struct posix_ipc_thread self = posix_ipc_thread_self();
    if ((__atomic_load_n(&mutex->word, __ATOMIC_RELAXED) & FUTEX_TID_MASK) != self.tid)
        return EPERM;
    posix_ipc_announce(self.head, mutex);
    posix_ipc_unlink(mutex);
    const int result = posix_ipc_mutex_free(mutex, self.tid);
    posix_ipc_announce(self.head, NULL);
    return result;
}

#endif /* POSIX_IPC_LOCK_CORE_ONLY */

#ifdef __cplusplus
}
#endif

#endif
