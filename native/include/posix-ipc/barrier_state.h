/* The barrier in shared memory, and how its generation changes: what barrier.h is made of. The
 * protocol: docs/barrier.md. */
#ifndef POSIX_IPC_BARRIER_STATE_H
#define POSIX_IPC_BARRIER_STATE_H

#include <posix-ipc/lock_word.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the layout: 64 bytes at a multiple of 64, and 64 bytes for each party but one */

#define POSIX_IPC_BARRIER_MAGIC 0x41424950u /* "PIBA" */
#define POSIX_IPC_BARRIER_LAYOUT 1u
/* futex_waitv(2) takes 128 words: the bell, the generation, and a slot for each but the last. */
#define POSIX_IPC_BARRIER_MOST_PARTIES 127u
#define POSIX_IPC_BARRIER_MOST_SLOTS (POSIX_IPC_BARRIER_MOST_PARTIES - 1u)
#define POSIX_IPC_BARRIER_BROKEN 1u

struct posix_ipc_barrier {
    uint32_t bell; /* always 0: who waits sleeps on it */
    uint32_t parties;
    uint32_t magic;
    uint16_t layout;
    uint16_t flags;
    uint64_t id;
    uint32_t rung; /* the last generation of which all who slept were woken */
    uint32_t unused;
    uint64_t entry; /* by its address the kernel finds the bell, as in a mutex */
    uint32_t arrived;
    uint32_t generation; /* twice its number, which begins with 1; and 1 if it is broken */
    uint64_t reserved[2];
};

/* The slot of one who waits is laid out as a mutex: the word holds the thread's id, and `changes`
 * the generation that it waits for, 0 for none; with 1 added if that was broken, and reset. */

static inline size_t posix_ipc_barrier_size(uint32_t parties) {
    return sizeof(struct posix_ipc_barrier) + (parties - 1) * sizeof(struct posix_ipc_mutex);
}

static inline struct posix_ipc_mutex* posix_ipc_barrier_slot(struct posix_ipc_barrier* barrier,
                                                             uint32_t index) {
    return (struct posix_ipc_mutex*)(void*)(barrier + 1) + index;
}

/* For the functions of lock.h that only ask for the place of the word, and of the entry. */
static inline struct posix_ipc_mutex* posix_ipc_barrier_bell(struct posix_ipc_barrier* barrier) {
    return (struct posix_ipc_mutex*)(void*)barrier;
}

/* In memory that nobody else uses yet. */
static inline void posix_ipc_barrier_init(struct posix_ipc_barrier* barrier, uint32_t parties,
                                          uint64_t id) {
    memset(barrier, 0, posix_ipc_barrier_size(parties));
    barrier->parties = parties;
    barrier->layout = POSIX_IPC_BARRIER_LAYOUT;
    barrier->id = id;
    barrier->generation = 2;
    __atomic_store_n(&barrier->magic, POSIX_IPC_BARRIER_MAGIC, __ATOMIC_RELEASE);
}

/* 0, and how many it is for; EINVAL: there is no barrier in so many bytes. EPROTO: it has a layout
 * that this header does not know. */
static inline int posix_ipc_barrier_check(const struct posix_ipc_barrier* barrier, size_t bytes,
                                          uint32_t* parties) {
    if (__atomic_load_n(&barrier->magic, __ATOMIC_ACQUIRE) != POSIX_IPC_BARRIER_MAGIC)
        return EINVAL;
    if (barrier->layout != POSIX_IPC_BARRIER_LAYOUT)
        return EPROTO;
    *parties = __atomic_load_n(&barrier->parties, __ATOMIC_RELAXED);
    if (*parties < 1 || *parties > POSIX_IPC_BARRIER_MOST_PARTIES)
        return EINVAL;
    return posix_ipc_barrier_size(*parties) <= bytes ? 0 : EINVAL;
}

/* ---- generation and arrived, which are swapped together. All that follows is done by threads that
 * have announced the bell: if one dies before it has woken those who sleep, the kernel wakes one of
 * them, and that one does it. */

static inline uint64_t posix_ipc_barrier_pair(uint32_t generation, uint32_t arrived) {
    return (uint64_t)generation << 32 | arrived;
}

static inline uint64_t posix_ipc_barrier_look(const struct posix_ipc_barrier* barrier) {
    return __atomic_load_n((const uint64_t*)(const void*)&barrier->arrived, __ATOMIC_SEQ_CST);
}

static inline int posix_ipc_barrier_swap(struct posix_ipc_barrier* barrier, uint64_t from,
                                         uint64_t to) {
    return __atomic_compare_exchange_n((uint64_t*)(void*)&barrier->arrived, &from, to, 0,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* The one after it, which is not broken. */
static inline uint32_t posix_ipc_barrier_after(uint32_t generation) {
    const uint32_t next = (generation & ~POSIX_IPC_BARRIER_BROKEN) + 2;
    return next == 0 ? 2 : next;
}

/* Wakes those who slept for a generation that is over, or broken. */
static inline void posix_ipc_barrier_ring(struct posix_ipc_barrier* barrier, uint32_t generation) {
    posix_ipc_mutex_wake(posix_ipc_barrier_bell(barrier), INT32_MAX);
    POSIX_IPC_STEP(barrier_rung);
    __atomic_store_n(&barrier->rung, generation & ~POSIX_IPC_BARRIER_BROKEN, __ATOMIC_SEQ_CST);
}

/* Frees the slot of one who died, and had waited for an earlier generation than this one, which is
 * the present one: else what was seen may be old, and the slot that of one whose death counts. */
static inline void posix_ipc_barrier_bury(struct posix_ipc_barrier* barrier,
                                          struct posix_ipc_mutex* slot, uint64_t seen,
                                          uint32_t generation) {
    if ((uint32_t)(posix_ipc_barrier_look(barrier) >> 32) == generation)
        __atomic_compare_exchange_n((uint64_t*)(void*)slot, &seen, 0, 0, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST);
}

/* Whether one who waited for a generation has died. `words`: what was seen of each slot, or NULL.
 */
static inline int posix_ipc_barrier_scan(struct posix_ipc_barrier* barrier, uint32_t parties,
                                         uint32_t generation, uint32_t* words) {
    int died = 0;
    for (uint32_t i = 0; i + 1 < parties; i++) {
        struct posix_ipc_mutex* slot = posix_ipc_barrier_slot(barrier, i);
        const uint64_t seen = __atomic_load_n((uint64_t*)(void*)slot, __ATOMIC_SEQ_CST);
        if (words != NULL)
            words[i] = (uint32_t)seen;
        if ((seen & FUTEX_OWNER_DIED) == 0)
            continue;
        if ((uint32_t)(seen >> 32) == generation)
            died = 1;
        else
            posix_ipc_barrier_bury(barrier, slot, seen, generation);
    }
    return died;
}

static inline void posix_ipc_barrier_break(struct posix_ipc_barrier* barrier, uint32_t generation) {
    uint64_t pair = posix_ipc_barrier_look(barrier);
    while ((uint32_t)(pair >> 32) == generation) {
        if (posix_ipc_barrier_swap(barrier, pair,
                                   pair | (uint64_t)POSIX_IPC_BARRIER_BROKEN << 32)) {
            POSIX_IPC_STEP(barrier_broken);
            posix_ipc_barrier_ring(barrier, generation);
            return;
        }
        pair = posix_ipc_barrier_look(barrier);
    }
}

/* Generation and arrived, after whoever has died was seen. */
static inline uint64_t posix_ipc_barrier_inspect(struct posix_ipc_barrier* barrier,
                                                 uint32_t parties) {
    for (;;) {
        const uint64_t pair = posix_ipc_barrier_look(barrier);
        const uint32_t generation = (uint32_t)(pair >> 32);
        if ((generation & POSIX_IPC_BARRIER_BROKEN) != 0 ||
            !posix_ipc_barrier_scan(barrier, parties, generation, NULL))
            return pair;
        posix_ipc_barrier_break(barrier, generation);
    }
}

/* Of one who comes: 0: it was the last one, and all go on; EAGAIN: others are to come; EOWNERDEAD.
 */
static inline int posix_ipc_barrier_pass(struct posix_ipc_barrier* barrier, uint32_t parties) {
    for (;;) {
        const uint64_t pair = posix_ipc_barrier_inspect(barrier, parties);
        const uint32_t generation = (uint32_t)(pair >> 32);
        if ((generation & POSIX_IPC_BARRIER_BROKEN) != 0)
            return EOWNERDEAD;
        if ((uint32_t)pair + 1 < parties)
            return EAGAIN;
        if (posix_ipc_barrier_swap(
                barrier, pair, posix_ipc_barrier_pair(posix_ipc_barrier_after(generation), 0))) {
            POSIX_IPC_STEP(barrier_passed);
            posix_ipc_barrier_ring(barrier, generation);
            return 0;
        }
    }
}

/* The same, of one who has a slot: EAGAIN: it is counted, and waits for `*generation`. */
static inline int posix_ipc_barrier_join(struct posix_ipc_barrier* barrier, uint32_t parties,
                                         struct posix_ipc_mutex* slot, uint32_t* generation) {
    for (;;) {
        const int result = posix_ipc_barrier_pass(barrier, parties);
        if (result != EAGAIN)
            return result;
        const uint64_t pair = posix_ipc_barrier_look(barrier);
        *generation = (uint32_t)(pair >> 32);
        if ((*generation & POSIX_IPC_BARRIER_BROKEN) != 0 || (uint32_t)pair + 1 >= parties)
            continue;
        __atomic_store_n(&slot->changes, *generation, __ATOMIC_SEQ_CST);
        POSIX_IPC_STEP(barrier_joining);
        if (posix_ipc_barrier_swap(barrier, pair, pair + 1)) {
            POSIX_IPC_STEP(barrier_joined);
            return EAGAIN;
        }
    }
}

/* Of one who waits for a generation: 0: all have come; EOWNERDEAD; EAGAIN: not yet, and `words` are
 * the slots as they were then. */
static inline int posix_ipc_barrier_state(struct posix_ipc_barrier* barrier, uint32_t parties,
                                          struct posix_ipc_mutex* slot, uint32_t generation,
                                          uint32_t* words) {
    for (;;) {
        const uint32_t now = (uint32_t)(posix_ipc_barrier_look(barrier) >> 32);
        if (now != generation) {
            const uint32_t of = __atomic_load_n(&slot->changes, __ATOMIC_SEQ_CST);
            const int was_broken = now == (generation | POSIX_IPC_BARRIER_BROKEN) ||
                                   (of & POSIX_IPC_BARRIER_BROKEN) != 0;
            return was_broken ? EOWNERDEAD : 0;
        }
        if (!posix_ipc_barrier_scan(barrier, parties, generation, words))
            return EAGAIN;
        posix_ipc_barrier_break(barrier, generation);
    }
}

/* Whether it was in time: as if it had never come. */
static inline int posix_ipc_barrier_withdraw(struct posix_ipc_barrier* barrier,
                                             uint32_t generation) {
    uint64_t pair = posix_ipc_barrier_look(barrier);
    while ((uint32_t)(pair >> 32) == generation) {
        if (posix_ipc_barrier_swap(barrier, pair, pair - 1)) {
            POSIX_IPC_STEP(barrier_withdrawn);
            return 1;
        }
        pair = posix_ipc_barrier_look(barrier);
    }
    return 0;
}

/* First thing of one whose wait is over: who was to wake the others may have died, and the kernel
 * has woken only this one. */
static inline void posix_ipc_barrier_pass_on(struct posix_ipc_barrier* barrier,
                                             uint32_t generation) {
    if (__atomic_load_n(&barrier->rung, __ATOMIC_SEQ_CST) != generation)
        posix_ipc_barrier_ring(barrier, generation);
}

/* A broken one begins anew: whether it was broken. */
static inline int posix_ipc_barrier_restart(struct posix_ipc_barrier* barrier, uint32_t parties) {
    for (;;) {
        const uint64_t pair = posix_ipc_barrier_inspect(barrier, parties);
        const uint32_t generation = (uint32_t)(pair >> 32);
        if ((generation & POSIX_IPC_BARRIER_BROKEN) == 0)
            return 0;
        for (uint32_t i = 0; i + 1 < parties; i++) {
            uint32_t of = generation & ~POSIX_IPC_BARRIER_BROKEN;
            __atomic_compare_exchange_n(&posix_ipc_barrier_slot(barrier, i)->changes, &of,
                                        generation, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        }
        POSIX_IPC_STEP(barrier_restarting);
        if (posix_ipc_barrier_swap(
                barrier, pair, posix_ipc_barrier_pair(posix_ipc_barrier_after(generation), 0))) {
            POSIX_IPC_STEP(barrier_restarted);
            posix_ipc_barrier_ring(barrier, generation);
            return 1;
        }
    }
}

/* ---- sleeping */

/* struct futex_waitv, and the number of the call, which old headers lack. */
struct posix_ipc_futex_waitv {
    uint64_t expected;
    uint64_t address;
    uint32_t flags;
    uint32_t reserved;
};

#define POSIX_IPC_FUTEX_WAITV 449L
#define POSIX_IPC_FUTEX_32_BITS 2u

static inline struct posix_ipc_futex_waitv posix_ipc_barrier_watch(const uint32_t* word,
                                                                   uint32_t expected) {
    const struct posix_ipc_futex_waitv made = {expected, (uint64_t)(uintptr_t)word,
                                               POSIX_IPC_FUTEX_32_BITS, 0};
    return made;
}

/* Sleeps until somebody rings, or there is something to look at: 0, or EAGAIN, EINTR, ETIMEDOUT,
 * EINVAL; ENOSYS: not this kernel, or a filter of system calls forbids it, which old ones tell by
 * EPERM. The bell comes first: whoever rings after a change that this does not see any more wakes
 * it. `until`: an instant of CLOCK_MONOTONIC, NULL for ever. */
static inline int posix_ipc_barrier_sleep(struct posix_ipc_barrier* barrier, uint32_t parties,
                                          uint32_t generation, const uint32_t* words,
                                          const struct timespec* until) {
    struct posix_ipc_futex_waitv waits[2 + POSIX_IPC_BARRIER_MOST_SLOTS];
    waits[0] = posix_ipc_barrier_watch(&barrier->bell, 0);
    waits[1] = posix_ipc_barrier_watch(&barrier->generation, generation);
    for (uint32_t i = 0; i + 1 < parties; i++)
        waits[2 + i] = posix_ipc_barrier_watch(&posix_ipc_barrier_slot(barrier, i)->word, words[i]);
    POSIX_IPC_STEP(barrier_sleeping);
    const long result =
        syscall(POSIX_IPC_FUTEX_WAITV, waits, parties + 1, 0, until, CLOCK_MONOTONIC);
    POSIX_IPC_STEP(barrier_awake);
    if (result >= 0)
        return 0;
    return errno == EPERM ? ENOSYS : posix_ipc_sleep_error(until);
}

/* ---- slots */

/* 0: the thread, which has announced the slot, has it; EBUSY. */
static inline int posix_ipc_barrier_claim(struct posix_ipc_mutex* slot, uint32_t tid) {
    uint32_t word = 0;
    if (__atomic_load_n(&slot->word, __ATOMIC_SEQ_CST) != 0 ||
        !__atomic_compare_exchange_n(&slot->word, &word, tid, 0, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return EBUSY;
    POSIX_IPC_STEP(barrier_claimed);
    return 0;
}

/* By its thread, which has announced it and taken it out of its list. Who was quick, and has come
 * back already, may wait for the slot. */
static inline void posix_ipc_barrier_free(struct posix_ipc_mutex* slot) {
    __atomic_store_n(&slot->changes, 0, __ATOMIC_SEQ_CST);
    POSIX_IPC_STEP(barrier_leaving);
    __atomic_store_n(&slot->word, 0, __ATOMIC_SEQ_CST);
    posix_ipc_mutex_wake(slot, INT32_MAX);
}

/* All slots are taken by threads that are about to leave: gives them a millisecond, as one that
 * dies wakes nobody. */
static inline int posix_ipc_barrier_pause(struct posix_ipc_barrier* barrier) {
    const struct timespec patience = {0, 1000000};
    struct posix_ipc_mutex* slot = posix_ipc_barrier_slot(barrier, 0);
    const uint32_t word = __atomic_load_n(&slot->word, __ATOMIC_SEQ_CST);
    if (word == 0)
        return 0; /* it has left meanwhile */
    const long result = syscall(SYS_futex, &slot->word, FUTEX_WAIT, word, &patience, NULL, 0);
    return result == 0 ? 0 : errno;
}

#ifdef __cplusplus
}
#endif

#endif
