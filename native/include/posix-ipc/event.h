/* The event of posix-ipc, for C and C++: as lock.h, which it includes.
 *
 *     #include <posix-ipc/event.h>
 *
 *     posix_ipc_event_wait(event);
 *
 *     posix_ipc_event_set(event); // in another process
 *
 * The layout and the protocol: docs/event.md. Each function answers 0 or an errno. */
#ifndef POSIX_IPC_EVENT_H
#define POSIX_IPC_EVENT_H

#include <posix-ipc/lock.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the layout: 64 bytes at a multiple of 64 */

#define POSIX_IPC_EVENT_MAGIC 0x56454950u /* "PIEV" */
#define POSIX_IPC_EVENT_LAYOUT 1u
#define POSIX_IPC_EVENT_AUTO_RESET 1u

struct posix_ipc_event {
    uint32_t word; /* see below */
    uint32_t sets; /* how often it was set when it was not; modulo 2^32 */
    uint32_t magic;
    uint16_t layout;
    uint16_t flags;
    uint64_t id;
    uint64_t unused;
    uint64_t entry; /* by its address the kernel finds the word, as in a mutex */
    uint64_t reserved[3];
};

/* ---- the word. At rest its low 30 bits are RESTS, 28 bits of `sets`, and whether it is set; no
 * thread has such an id. While a thread that must wake others sets it, they are its id, and none if
 * it dies meanwhile: then the kernel adds FUTEX_OWNER_DIED, and wakes one who waits. Such an event
 * is set; whoever sees it can do the rest. */

#define POSIX_IPC_EVENT_RESTS 0x20000000u
#define POSIX_IPC_EVENT_SET 1u

static inline uint64_t posix_ipc_event_pair(uint32_t word, uint32_t sets) {
    return (uint64_t)sets << 32 | word;
}

static inline uint64_t posix_ipc_event_at_rest(uint32_t sets, uint32_t set) {
    return posix_ipc_event_pair(POSIX_IPC_EVENT_RESTS | (sets & 0x0fffffffu) << 1 | set, sets);
}

/* For the functions of lock.h that only ask for the place of the word, and of the entry. */
static inline struct posix_ipc_mutex* posix_ipc_event_place(struct posix_ipc_event* event) {
    return (struct posix_ipc_mutex*)(void*)event;
}

/* Word and sets together. */
static inline uint64_t posix_ipc_event_look(const struct posix_ipc_event* event) {
    return __atomic_load_n((const uint64_t*)(const void*)event, __ATOMIC_SEQ_CST);
}

static inline int posix_ipc_event_swap(struct posix_ipc_event* event, uint64_t* from, uint64_t to) {
    return __atomic_compare_exchange_n((uint64_t*)(void*)event, from, to, 0, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

static inline int posix_ipc_event_rests(uint64_t pair) {
    return (pair & POSIX_IPC_EVENT_RESTS) != 0;
}

/* A new event in memory that nobody else uses yet. */
static inline void posix_ipc_event_init(struct posix_ipc_event* event, uint16_t flags, int is_set,
                                        uint64_t id) {
    memset(event, 0, sizeof *event);
    event->word = (uint32_t)posix_ipc_event_at_rest(0, is_set != 0);
    event->layout = POSIX_IPC_EVENT_LAYOUT;
    event->flags = flags;
    event->id = id;
    __atomic_store_n(&event->magic, POSIX_IPC_EVENT_MAGIC, __ATOMIC_RELEASE);
}

/* 0; EINVAL: there is no event. EPROTO: it has a layout that this header does not know. */
static inline int posix_ipc_event_check(const struct posix_ipc_event* event) {
    if (__atomic_load_n(&event->magic, __ATOMIC_ACQUIRE) != POSIX_IPC_EVENT_MAGIC)
        return EINVAL;
    return event->layout == POSIX_IPC_EVENT_LAYOUT ? 0 : EPROTO;
}

static inline int posix_ipc_event_is_set(const struct posix_ipc_event* event) {
    const uint64_t pair = posix_ipc_event_look(event);
    return !posix_ipc_event_rests(pair) || (pair & POSIX_IPC_EVENT_SET) != 0;
}

/* Ends a set that somebody has begun: who sleeps is woken first, so that nobody is forgotten if all
 * who set it die. */
static inline void posix_ipc_event_finish(struct posix_ipc_event* event, uint64_t begun) {
    posix_ipc_mutex_wake(posix_ipc_event_place(event), INT32_MAX);
    POSIX_IPC_STEP(event_woken);
    posix_ipc_event_swap(event, &begun, posix_ipc_event_at_rest((uint32_t)(begun >> 32) + 1, 1));
}

/* By a thread that has announced the event. */
static inline void posix_ipc_event_raise(struct posix_ipc_event* event, uint32_t tid) {
    uint64_t seen = posix_ipc_event_look(event);
    for (;;) {
        if (!posix_ipc_event_rests(seen)) {
            posix_ipc_event_finish(event, seen);
            seen = posix_ipc_event_look(event);
            continue;
        }
        const uint32_t sets = (uint32_t)(seen >> 32);
        const int sleepers = (seen & FUTEX_WAITERS) != 0;
        uint64_t to = sleepers ? posix_ipc_event_pair(FUTEX_WAITERS | tid, sets)
                               : posix_ipc_event_at_rest(sets + 1, 1);
        if ((seen & POSIX_IPC_EVENT_SET) != 0)
            to = seen; /* written all the same: who takes it sees what was done before */
        if (!posix_ipc_event_swap(event, &seen, to))
            continue;
        POSIX_IPC_STEP(event_raised);
        if (!posix_ipc_event_rests(to))
            posix_ipc_event_finish(event, to);
        return;
    }
}

/* Whether it was set. */
static inline int posix_ipc_event_reset(struct posix_ipc_event* event) {
    uint64_t seen = posix_ipc_event_look(event);
    for (;;) {
        if (!posix_ipc_event_rests(seen)) {
            posix_ipc_event_finish(event, seen);
            seen = posix_ipc_event_look(event);
        } else if ((seen & POSIX_IPC_EVENT_SET) == 0) {
            return 0;
        } else if (posix_ipc_event_swap(event, &seen, seen & ~(uint64_t)POSIX_IPC_EVENT_SET)) {
            return 1;
        }
    }
}

/* Whether the thread may go on. `since`: what `sets` was when it began to wait: of a set that is
 * followed by a reset who waits is told, too. */
static inline int posix_ipc_event_pass(struct posix_ipc_event* event, int auto_reset,
                                       uint32_t since) {
    if (auto_reset)
        return posix_ipc_event_reset(event);
    const uint64_t seen = posix_ipc_event_look(event);
    if (!posix_ipc_event_rests(seen))
        posix_ipc_event_finish(event, seen);
    return !posix_ipc_event_rests(seen) || (seen & POSIX_IPC_EVENT_SET) != 0 ||
           (uint32_t)(seen >> 32) != since;
}

/* What to sleep on, as an argument of futex(2); 0: look again. */
static inline uint32_t posix_ipc_event_arrive(struct posix_ipc_event* event, int auto_reset,
                                              uint32_t since) {
    uint64_t seen = posix_ipc_event_look(event);
    if (!posix_ipc_event_rests(seen) || (seen & POSIX_IPC_EVENT_SET) != 0 ||
        (!auto_reset && (uint32_t)(seen >> 32) != since))
        return 0;
    POSIX_IPC_STEP(event_arriving);
    if ((seen & FUTEX_WAITERS) == 0 && !posix_ipc_event_swap(event, &seen, seen | FUTEX_WAITERS))
        return 0;
    return (uint32_t)seen | FUTEX_WAITERS;
}

/* Sleeps on what arrive() has answered, as posix_ipc_mutex_sleep(). */
static inline int posix_ipc_event_sleep(struct posix_ipc_event* event, uint32_t expected,
                                        const struct timespec* until) {
    return posix_ipc_mutex_sleep(posix_ipc_event_place(event), expected, until);
}

/* ---- for threads of C and C++ programs */

#ifndef POSIX_IPC_LOCK_CORE_ONLY

/* `until`: an instant of CLOCK_MONOTONIC, NULL for ever; `wait`: else EBUSY. */
static inline int posix_ipc_event_wait_until(struct posix_ipc_event* event,
                                             const struct timespec* until, int wait) {
    const struct posix_ipc_thread self = posix_ipc_thread_self();
    if (self.head == NULL)
        return ENOSYS;
    const int auto_reset = (event->flags & POSIX_IPC_EVENT_AUTO_RESET) != 0;
    const uint32_t since = __atomic_load_n(&event->sets, __ATOMIC_SEQ_CST);
    int result = EBUSY;
    posix_ipc_announce(self.head, posix_ipc_event_place(event));
    while (!posix_ipc_event_pass(event, auto_reset, since)) {
        if (!wait) {
            posix_ipc_announce(self.head, NULL);
            return result;
        }
        const uint32_t expected = posix_ipc_event_arrive(event, auto_reset, since);
        if (expected != 0) {
            result = posix_ipc_event_sleep(event, expected, until);
            wait = !posix_ipc_is_over(result);
        }
    }
    posix_ipc_announce(self.head, NULL);
    return 0;
}

/* Until it is set: 0; ENOSYS: not this libc. With automatic reset one thread takes each set. */
static inline int posix_ipc_event_wait(struct posix_ipc_event* event) {
    return posix_ipc_event_wait_until(event, NULL, 1);
}

/* The same, or ETIMEDOUT; EINVAL: it would have to wait, and `until` is no instant. */
static inline int posix_ipc_event_timedwait(struct posix_ipc_event* event,
                                            const struct timespec* until) {
    return posix_ipc_event_wait_until(event, until, 1);
}

/* The same, or EBUSY. */
static inline int posix_ipc_event_trywait(struct posix_ipc_event* event) {
    return posix_ipc_event_wait_until(event, NULL, 0);
}

/* Lets all go on who wait, or the next one: 0; ENOSYS. */
static inline int posix_ipc_event_set(struct posix_ipc_event* event) {
    const struct posix_ipc_thread self = posix_ipc_thread_self();
    if (self.head == NULL)
        return ENOSYS;
    posix_ipc_announce(self.head, posix_ipc_event_place(event));
    posix_ipc_event_raise(event, self.tid);
    posix_ipc_announce(self.head, NULL);
    return 0;
}

#endif /* POSIX_IPC_LOCK_CORE_ONLY */

#ifdef __cplusplus
}
#endif

#endif
