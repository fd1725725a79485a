/* The word of a mutex in shared memory, what a thread does with it, and what the kernel knows of a
 * thread: what lock.h, and all that stands on it, is made of. The protocol: docs/mutex.md.
 * POSIX_IPC_STEP(name) may be defined before, for tests that stop between steps. */
#ifndef POSIX_IPC_LOCK_WORD_H
#define POSIX_IPC_LOCK_WORD_H

#include <errno.h>
#include <linux/futex.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if !defined(_DEFAULT_SOURCE) && !defined(_GNU_SOURCE) && !defined(_BSD_SOURCE)
#error "posix-ipc needs more of libc than ISO C has: -std=gnu11 or later, or -D_GNU_SOURCE"
#endif
#if !defined(__LP64__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "posix-ipc needs 64 bits, little-endian"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifndef POSIX_IPC_STEP
#define POSIX_IPC_STEP(name) ((void)0)
#endif

/* ---- the layout: 64 bytes at a multiple of 64 */

#define POSIX_IPC_MUTEX_MAGIC 0x584D4950u /* "PIMX" */
#define POSIX_IPC_MUTEX_LAYOUT 1u
#define POSIX_IPC_MUTEX_FAIR 1u
#define POSIX_IPC_MUTEX_UNUSABLE 2u /* nobody said that the data is consistent: for ever */

/* Owner bits that no thread has: whoever finds them does not wait. */
#define POSIX_IPC_MUTEX_LOST ((uint32_t)FUTEX_TID_MASK)

struct posix_ipc_mutex {
    uint32_t word;    /* the owner's thread id, FUTEX_WAITERS, FUTEX_OWNER_DIED */
    uint32_t changes; /* counts sleepers that come and releases that wake */
    uint32_t magic;
    uint16_t layout;
    uint16_t flags;
    uint64_t id;           /* random: tells one mutex from another */
    uint64_t previous;     /* of libc's robust list: addresses of the owner's process */
    uint64_t next;         /* what the kernel follows when the owner dies */
    uint64_t since;        /* nanoseconds since 1970, of the last lock */
    uint64_t acquisitions; /* the rest is statistics */
    uint32_t contentions;
    uint32_t deaths;
};

/* ---- the word. Only a thread itself ever writes its id into it. */

/* A new mutex in memory that nobody else uses yet. */
static inline void posix_ipc_mutex_init(struct posix_ipc_mutex* mutex, uint16_t flags,
                                        uint64_t id) {
    memset(mutex, 0, sizeof *mutex);
    mutex->layout = POSIX_IPC_MUTEX_LAYOUT;
    mutex->flags = flags;
    mutex->id = id;
    __atomic_store_n(&mutex->magic, POSIX_IPC_MUTEX_MAGIC, __ATOMIC_RELEASE);
}

/* 0; EINVAL: there is no mutex. EPROTO: it has a layout that this header does not know. */
static inline int posix_ipc_mutex_check(const struct posix_ipc_mutex* mutex) {
    if (__atomic_load_n(&mutex->magic, __ATOMIC_ACQUIRE) != POSIX_IPC_MUTEX_MAGIC)
        return EINVAL;
    return mutex->layout == POSIX_IPC_MUTEX_LAYOUT ? 0 : EPROTO;
}

static inline int posix_ipc_mutex_wake(struct posix_ipc_mutex* mutex, int count) {
    return (int)syscall(SYS_futex, &mutex->word, FUTEX_WAKE, count, NULL, NULL, 0);
}

/* What the new owner writes down. */
static inline void posix_ipc_mutex_note(struct posix_ipc_mutex* mutex, int died) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    mutex->since = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    __atomic_store_n(&mutex->acquisitions, mutex->acquisitions + 1, __ATOMIC_RELAXED);
    if (died)
        mutex->deaths++;
}

/* Nobody can have it any more: has no owner, and tells all who sleep. If this thread dies before it
 * has woken them, the kernel wakes one, because there is no owner; and that one does the same. */
static inline int posix_ipc_mutex_refuse(struct posix_ipc_mutex* mutex) {
    __atomic_store_n(&mutex->word, (uint32_t)FUTEX_OWNER_DIED, __ATOMIC_RELEASE);
    POSIX_IPC_STEP(lost);
    posix_ipc_mutex_wake(mutex, INT32_MAX);
    return ENOTRECOVERABLE;
}

static inline int posix_ipc_mutex_is_unusable(const struct posix_ipc_mutex* mutex) {
    return (__atomic_load_n(&mutex->flags, __ATOMIC_ACQUIRE) & POSIX_IPC_MUTEX_UNUSABLE) != 0;
}

/* Makes the thread the owner if there is none: 0, EOWNERDEAD, EBUSY or ENOTRECOVERABLE. The bits
 * stay: who sleeps must be woken, and that the owner has died is to be told until it is settled.
 * `barging`: also where others sleep and the mutex is fair. */
static inline int posix_ipc_mutex_take(struct posix_ipc_mutex* mutex, uint32_t tid, int barging) {
    uint32_t word = 0;
    while (!__atomic_compare_exchange_n(&mutex->word, &word, word | tid, 0, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED)) {
        const uint32_t owner = word & FUTEX_TID_MASK;
        if (owner == POSIX_IPC_MUTEX_LOST)
            return ENOTRECOVERABLE;
        if (owner != 0)
            return EBUSY;
        if (!barging && word == FUTEX_WAITERS && (mutex->flags & POSIX_IPC_MUTEX_FAIR) != 0)
            return EBUSY;
    }
    POSIX_IPC_STEP(taken);
    const int died = (word & FUTEX_OWNER_DIED) != 0;
    if (died && posix_ipc_mutex_is_unusable(mutex))
        return posix_ipc_mutex_refuse(mutex);
    posix_ipc_mutex_note(mutex, died);
    return died ? EOWNERDEAD : 0;
}

/* A few hundred nanoseconds in which others have the memory. */
static inline void posix_ipc_rest(void) {
    for (int i = 0; i < 8; i++) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        __asm__ __volatile__("yield" ::: "memory");
#endif
    }
}

/* Nanoseconds of CLOCK_MONOTONIC. */
static inline int64_t posix_ipc_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Whether it is an instant, as futex(2) asks before it sleeps; NULL: never. */
static inline int posix_ipc_is_instant(const struct timespec* until) {
    return until == NULL || (until->tv_nsec >= 0 && until->tv_nsec < 1000000000);
}

/* Nanoseconds of an instant; NULL, or in three hundred years: never. What is none is over. */
static inline int64_t posix_ipc_instant(const struct timespec* until) {
    if (until == NULL)
        return INT64_MAX;
    if (until->tv_sec < 0 || !posix_ipc_is_instant(until))
        return 0;
    if (until->tv_sec >= INT64_MAX / 1000000000)
        return INT64_MAX;
    return (int64_t)until->tv_sec * 1000000000 + until->tv_nsec;
}

/* How a wait ends that does not sleep: 0: its instant has not come; ETIMEDOUT; EINVAL: it is none.
 */
static inline int posix_ipc_expired(const struct timespec* until) {
    if (posix_ipc_now() < posix_ipc_instant(until))
        return 0;
    return until->tv_sec < 0 || posix_ipc_is_instant(until) ? ETIMEDOUT : EINVAL;
}

/* Whether another thread may run while this one does not sleep. The machine's CPUs count, not those
 * that this thread may use: where each is bound to a CPU of its own, trying on pays most. */
static inline int posix_ipc_has_cpus(void) {
    static int several = -1;
    if (__atomic_load_n(&several, __ATOMIC_RELAXED) < 0)
        __atomic_store_n(&several, sysconf(_SC_NPROCESSORS_ONLN) > 1, __ATOMIC_RELAXED);
    return __atomic_load_n(&several, __ATOMIC_RELAXED);
}

/* Nanoseconds. The first one lets an owner that comes again at once do many sections, with its
 * memory at hand, between two that go over to another CPU. Together they are somewhat more than it
 * takes to wake a thread. */
#define POSIX_IPC_MUTEX_FIRST_PAUSE 4000
#define POSIX_IPC_MUTEX_LAST_PAUSE 7000
#define POSIX_IPC_MUTEX_LONGER 1000

/* As take(); tries on for a while, until an instant at most, before EBUSY. Most owners are quicker
 * than a thread that has to be woken. The tries become rare: each takes the memory away from the
 * CPU of the owner, who needs it to go on. Not where the mutex is fair: others come first. */
static inline int posix_ipc_mutex_try_on(struct posix_ipc_mutex* mutex, uint32_t tid, int barging,
                                         int64_t until) {
    int result = posix_ipc_mutex_take(mutex, tid, barging);
    if (result != EBUSY || (mutex->flags & POSIX_IPC_MUTEX_FAIR) != 0 || !posix_ipc_has_cpus())
        return result;
    int64_t now = posix_ipc_now();
    int64_t pause = POSIX_IPC_MUTEX_FIRST_PAUSE;
    while (result == EBUSY && pause <= POSIX_IPC_MUTEX_LAST_PAUSE && now < until) {
        const int64_t end = pause < until - now ? now + pause : until;
        do {
            posix_ipc_rest();
        } while ((now = posix_ipc_now()) < end);
        POSIX_IPC_STEP(trying);
        result = posix_ipc_mutex_take(mutex, tid, barging);
        pause += POSIX_IPC_MUTEX_LONGER;
    }
    return result;
}

/* What to sleep on, as an argument of futex(2); 0: look again. */
static inline uint32_t posix_ipc_mutex_arrive(struct posix_ipc_mutex* mutex) {
    uint32_t word = __atomic_load_n(&mutex->word, __ATOMIC_RELAXED);
    const uint32_t owner = word & FUTEX_TID_MASK;
    const int yields = word == FUTEX_WAITERS && (mutex->flags & POSIX_IPC_MUTEX_FAIR) != 0;
    if ((owner == 0 && !yields) || owner == POSIX_IPC_MUTEX_LOST)
        return 0;
    POSIX_IPC_STEP(arriving);
    if ((word & FUTEX_WAITERS) == 0 &&
        !__atomic_compare_exchange_n(&mutex->word, &word, word | FUTEX_WAITERS, 0, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
        return 0;
    POSIX_IPC_STEP(marked);
    __atomic_fetch_add(&mutex->changes, 1, __ATOMIC_ACQ_REL);
    return word | FUTEX_WAITERS;
}

/* How a sleep has failed. An instant before the clock began is over; EINVAL: it is none. */
static inline int posix_ipc_sleep_error(const struct timespec* until) {
    return errno == EINVAL && until != NULL && until->tv_sec < 0 ? ETIMEDOUT : errno;
}

/* Whether no other sleep is to follow. */
static inline int posix_ipc_is_over(int why) {
    return why == ETIMEDOUT || why == EINVAL;
}

/* Sleeps on what arrive() has answered, until an instant of CLOCK_MONOTONIC (NULL: for ever): 0, or
 * EAGAIN, EINTR, ETIMEDOUT, EINVAL. Who only lets others go first, in a fair mutex, does so for a
 * millisecond at most: they may have given up. */
static inline int posix_ipc_mutex_sleep(struct posix_ipc_mutex* mutex, uint32_t expected,
                                        const struct timespec* until) {
    const struct timespec patience = {0, 1000000};
    POSIX_IPC_STEP(sleeping);
    if (expected == FUTEX_WAITERS) {
        syscall(SYS_futex, &mutex->word, FUTEX_WAIT, expected, &patience, NULL, 0);
        return 0;
    }
    const long result = syscall(SYS_futex, &mutex->word, FUTEX_WAIT_BITSET, expected, until, NULL,
                                FUTEX_BITSET_MATCH_ANY);
    POSIX_IPC_STEP(awake);
    return result == 0 ? 0 : posix_ipc_sleep_error(until);
}

/* Word and changes together. */
static inline int posix_ipc_mutex_swap(struct posix_ipc_mutex* mutex, uint64_t* from, uint64_t to) {
    return __atomic_compare_exchange_n((uint64_t*)(void*)mutex, from, to, 0, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

/* Its owner leaves it for ever: whoever gets it next sees the flag, however this thread ends. */
static inline int posix_ipc_mutex_lose(struct posix_ipc_mutex* mutex) {
    __atomic_fetch_or(&mutex->flags, (uint16_t)POSIX_IPC_MUTEX_UNUSABLE, __ATOMIC_RELEASE);
    POSIX_IPC_STEP(losing);
    return posix_ipc_mutex_refuse(mutex);
}

/* The owner gives it up: 0; ENOTRECOVERABLE: another owner had died, and nobody said that the data
 * is consistent.
 *
 * FUTEX_WAITERS stays until it is known that nobody sleeps: a thread that was woken may die before
 * it takes the mutex, and one that came meanwhile has to wake the next. It goes if nobody was woken
 * and, as `changes` tells, nobody has come since. */
static inline int posix_ipc_mutex_free(struct posix_ipc_mutex* mutex, uint32_t tid) {
    uint32_t word = tid;
    if (__atomic_compare_exchange_n(&mutex->word, &word, 0, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return 0;
    if ((word & FUTEX_OWNER_DIED) != 0)
        return posix_ipc_mutex_lose(mutex);
    uint64_t both = __atomic_load_n((uint64_t*)(void*)mutex, __ATOMIC_RELAXED);
    uint64_t freed;
    do {
        freed = (((both >> 32) + 1) << 32) | FUTEX_WAITERS;
    } while (!posix_ipc_mutex_swap(mutex, &both, freed));
    POSIX_IPC_STEP(freed);
    if (posix_ipc_mutex_wake(mutex, 1) == 0) {
        POSIX_IPC_STEP(nobody);
        posix_ipc_mutex_swap(mutex, &freed, freed & ~(uint64_t)UINT32_MAX);
    }
    return 0;
}

/* As if the owner had died. */
static inline void posix_ipc_mutex_die(struct posix_ipc_mutex* mutex) {
    uint32_t word = __atomic_load_n(&mutex->word, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&mutex->word, &word,
                                        (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED, 0,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
    }
    POSIX_IPC_STEP(died);
    if ((word & FUTEX_WAITERS) != 0)
        posix_ipc_mutex_wake(mutex, 1);
}

/* The owner says that the data is consistent again: 0, or EINVAL: it always was. */
static inline int posix_ipc_mutex_settle(struct posix_ipc_mutex* mutex) {
    const uint32_t before =
        __atomic_fetch_and(&mutex->word, ~(uint32_t)FUTEX_OWNER_DIED, __ATOMIC_ACQ_REL);
    return (before & FUTEX_OWNER_DIED) != 0 ? 0 : EINVAL;
}

/* ---- what the kernel knows of a thread: the robust list that libc has registered for it */

/* The distance that glibc uses, and so the layout above. */
#define POSIX_IPC_MUTEX_DISTANCE (-32L)

/* NULL: libc has none, or one of another shape. */
static inline struct robust_list_head* posix_ipc_robust_list(void) {
    struct robust_list_head* head = NULL;
    size_t length = 0;
    if (syscall(SYS_get_robust_list, 0, &head, &length) != 0 || head == NULL ||
        length != sizeof *head || head->futex_offset != POSIX_IPC_MUTEX_DISTANCE)
        return NULL;
    return head;
}

/* From here on the kernel looks at the word if this thread dies: if the thread is its owner, it
 * marks it; if it has none, it wakes the next one, as this thread may have been woken in vain. */
static inline void posix_ipc_announce(struct robust_list_head* head,
                                      struct posix_ipc_mutex* mutex) {
    __atomic_store_n(&head->list_op_pending,
                     mutex == NULL ? NULL : (struct robust_list*)(void*)&mutex->next,
                     __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

#ifdef __cplusplus
}
#endif

#endif
