/* The readers-writer lock in shared memory, and how its state changes: what rwlock.h is made of.
 * The protocol: docs/rwlock.md. */
#ifndef POSIX_IPC_RWLOCK_STATE_H
#define POSIX_IPC_RWLOCK_STATE_H

#include <posix-ipc/lock_word.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the layout: 192 bytes at a multiple of 64, and 64 for each slot */

#define POSIX_IPC_RWLOCK_MAGIC 0x57524950u /* "PIRW" */
#define POSIX_IPC_RWLOCK_LAYOUT 1u
#define POSIX_IPC_RWLOCK_PREFER_WRITERS 1u
#define POSIX_IPC_RWLOCK_MOST_SLOTS 4096u

/* The state: a phase, and above it a count of the readers that came while a writer waited. */
#define POSIX_IPC_RWLOCK_PHASE 3u
#define POSIX_IPC_RWLOCK_FREE 0u
#define POSIX_IPC_RWLOCK_ANNOUNCED 1u /* a writer waits for readers to leave */
#define POSIX_IPC_RWLOCK_WRITING 2u   /* a writer is alone, or has died so */
#define POSIX_IPC_RWLOCK_READER 4u

struct posix_ipc_rwlock {
    uint32_t state; /* the owner of the gate writes the phase */
    uint32_t slots; /* how many can read at a time */
    uint32_t magic;
    uint16_t layout;
    uint16_t flags;
    uint64_t id;     /* random */
    uint64_t writes; /* how often somebody could write */
    uint32_t deaths; /* how often somebody died while writing */
    uint32_t reserved[7];
    struct posix_ipc_mutex gate;    /* who writes has it; who has to wait queues for it */
    struct posix_ipc_mutex upgrade; /* a reader that wants to write without leaving has it */
};

static inline size_t posix_ipc_rwlock_size(uint32_t slots) {
    return sizeof(struct posix_ipc_rwlock) + (size_t)slots * sizeof(struct posix_ipc_mutex);
}

/* Who reads has locked one of these. */
static inline struct posix_ipc_mutex* posix_ipc_rwlock_slot(struct posix_ipc_rwlock* lock,
                                                            uint32_t slot) {
    return (struct posix_ipc_mutex*)(void*)(lock + 1) + slot;
}

/* A new lock in memory that nobody else uses yet. */
static inline void posix_ipc_rwlock_init(struct posix_ipc_rwlock* lock, uint32_t slots,
                                         uint16_t flags, uint64_t id) {
    memset(lock, 0, posix_ipc_rwlock_size(slots));
    lock->slots = slots;
    lock->layout = POSIX_IPC_RWLOCK_LAYOUT;
    lock->flags = flags;
    lock->id = id;
    posix_ipc_mutex_init(&lock->gate, POSIX_IPC_MUTEX_FAIR, id);
    posix_ipc_mutex_init(&lock->upgrade, 0, id);
    for (uint32_t slot = 0; slot < slots; slot++)
        posix_ipc_mutex_init(posix_ipc_rwlock_slot(lock, slot), 0, id);
    __atomic_store_n(&lock->magic, POSIX_IPC_RWLOCK_MAGIC, __ATOMIC_RELEASE);
}

/* 0, and how many slots there are in so many bytes; EINVAL: there is no such lock. EPROTO: it has a
 * layout that this header does not know. */
static inline int posix_ipc_rwlock_check(const struct posix_ipc_rwlock* lock, size_t bytes,
                                         uint32_t* slots) {
    if (bytes < sizeof *lock ||
        __atomic_load_n(&lock->magic, __ATOMIC_ACQUIRE) != POSIX_IPC_RWLOCK_MAGIC)
        return EINVAL;
    if (lock->layout != POSIX_IPC_RWLOCK_LAYOUT)
        return EPROTO;
    *slots = __atomic_load_n(&lock->slots, __ATOMIC_RELAXED);
    return *slots > 0 && *slots <= POSIX_IPC_RWLOCK_MOST_SLOTS &&
                   posix_ipc_rwlock_size(*slots) <= bytes
               ? 0
               : EINVAL;
}

/* ---- the state. `slots` is what check() has answered: others may write what is in the memory. */

static inline uint32_t posix_ipc_owner(const struct posix_ipc_mutex* mutex) {
    return __atomic_load_n(&mutex->word, __ATOMIC_SEQ_CST) & FUTEX_TID_MASK;
}

static inline uint32_t posix_ipc_rwlock_phase(const struct posix_ipc_rwlock* lock) {
    return __atomic_load_n(&lock->state, __ATOMIC_SEQ_CST) & POSIX_IPC_RWLOCK_PHASE;
}

static inline void posix_ipc_rwlock_set(struct posix_ipc_rwlock* lock, uint32_t phase) {
    __atomic_exchange_n(&lock->state, phase, __ATOMIC_SEQ_CST);
}

/* What was taken by a compare-and-exchange is seen by others before what this thread reads next. */
static inline void posix_ipc_rwlock_fence(void) {
#if defined(__x86_64__)
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* it was one already */
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* Whether one who has just taken a slot may read: 0, or EBUSY: it has to leave the slot, and to
 * queue for the gate. A writer that waits sees who comes by the count, and by the slot. */
static inline int posix_ipc_rwlock_admit(struct posix_ipc_rwlock* lock) {
    posix_ipc_rwlock_fence();
    uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_SEQ_CST);
    while ((state & POSIX_IPC_RWLOCK_PHASE) == POSIX_IPC_RWLOCK_ANNOUNCED &&
           (lock->flags & POSIX_IPC_RWLOCK_PREFER_WRITERS) == 0) {
        if (__atomic_compare_exchange_n(&lock->state, &state, state + POSIX_IPC_RWLOCK_READER, 0,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return 0;
    }
    return (state & POSIX_IPC_RWLOCK_PHASE) == POSIX_IPC_RWLOCK_FREE ? 0 : EBUSY;
}

/* ---- who reads. Nobody waits for the mutex of a slot, so its `contentions` is the thread that
 * reads there: who has only just locked it, or is about to leave, does not. */

static inline void posix_ipc_rwlock_set_reader(struct posix_ipc_mutex* slot, uint32_t thread) {
    __atomic_store_n(&slot->contentions, thread, __ATOMIC_RELEASE);
}

/* One more than all slots together were taken so far; 0: there is one in which nobody reads. */
static inline uint64_t posix_ipc_rwlock_readings(struct posix_ipc_rwlock* lock, uint32_t slots) {
    uint64_t sum = 1;
    for (uint32_t i = 0; i < slots; i++) {
        const struct posix_ipc_mutex* slot = posix_ipc_rwlock_slot(lock, i);
        const uint32_t owner = posix_ipc_owner(slot);
        if (owner == 0 || __atomic_load_n(&slot->contentions, __ATOMIC_ACQUIRE) != owner)
            return 0;
        sum += __atomic_load_n(&slot->acquisitions, __ATOMIC_RELAXED);
    }
    return sum;
}

/* Whether somebody read in each slot at one instant: nobody has come between two looks at all. Who
 * found no slot, and this is not so, is to try again: some were about to leave, or went meanwhile
 * from a slot that was still to be looked at to one before. */
static inline int posix_ipc_rwlock_is_full(struct posix_ipc_rwlock* lock, uint32_t slots) {
    const uint64_t readings = posix_ipc_rwlock_readings(lock, slots);
    POSIX_IPC_STEP(looked);
    return readings != 0 && readings == posix_ipc_rwlock_readings(lock, slots);
}

/* Before that: they leave within a few instructions, if they have a CPU. */
static inline void posix_ipc_rwlock_pause(void) {
    const struct timespec pause = {0, 50000};
    POSIX_IPC_STEP(pausing);
    syscall(SYS_nanosleep, &pause, NULL); /* no cancellation point: it may have the gate */
}

/* How often a writer, which never waits to read on, pauses for those who come and leave at once. */
#define POSIX_IPC_RWLOCK_PAUSES 10000

/* Of the owner of the gate: whether a death is not settled. */
static inline int posix_ipc_rwlock_is_unsettled(const struct posix_ipc_rwlock* lock) {
    return (__atomic_load_n(&lock->gate.word, __ATOMIC_RELAXED) & FUTEX_OWNER_DIED) != 0;
}

/* What who has just got the gate does first: EOWNERDEAD: the last one died while it wrote, and this
 * one is alone now. Who died otherwise has torn nothing. */
static inline int posix_ipc_rwlock_adopt(struct posix_ipc_rwlock* lock) {
    const int died = posix_ipc_rwlock_is_unsettled(lock);
    if (died && posix_ipc_rwlock_phase(lock) == POSIX_IPC_RWLOCK_WRITING) {
        lock->deaths++;
        return EOWNERDEAD;
    }
    if (posix_ipc_rwlock_phase(lock) != POSIX_IPC_RWLOCK_FREE)
        posix_ipc_rwlock_set(lock, POSIX_IPC_RWLOCK_FREE);
    POSIX_IPC_STEP(adopted);
    if (died)
        posix_ipc_mutex_settle(&lock->gate);
    return 0;
}

/* The owner of the gate wants to write: 0: it may. EBUSY: somebody reads, in the slot *busy.
 * EAGAIN: a reader wants to write without leaving; this one has to let go of the gate, and to queue
 * again. `own`: the slot of the calling thread itself, if it is that reader; else `slots`. */
static inline int posix_ipc_rwlock_claim(struct posix_ipc_rwlock* lock, uint32_t slots,
                                         uint32_t own, uint32_t* busy) {
    if (posix_ipc_rwlock_phase(lock) != POSIX_IPC_RWLOCK_ANNOUNCED)
        posix_ipc_rwlock_set(lock, POSIX_IPC_RWLOCK_ANNOUNCED);
    POSIX_IPC_STEP(announced_writer);
    uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_SEQ_CST);
    do {
        if (own == slots && posix_ipc_owner(&lock->upgrade) != 0)
            return EAGAIN;
        for (uint32_t slot = 0; slot < slots; slot++) {
            *busy = slot;
            if (slot != own && posix_ipc_owner(posix_ipc_rwlock_slot(lock, slot)) != 0)
                return EBUSY;
        }
    } while (!__atomic_compare_exchange_n(&lock->state, &state, POSIX_IPC_RWLOCK_WRITING, 0,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    POSIX_IPC_STEP(claimed);
    lock->writes++;
    return 0;
}

/* What to sleep on until that reader leaves, or another wants to write; 0: look again. */
static inline uint32_t posix_ipc_rwlock_arrive(struct posix_ipc_rwlock* lock, uint32_t slots,
                                               uint32_t own, uint32_t busy) {
    struct posix_ipc_mutex* slot = posix_ipc_rwlock_slot(lock, busy);
    uint32_t expected = posix_ipc_mutex_arrive(slot);
    const uint32_t word = __atomic_load_n(&slot->word, __ATOMIC_RELAXED);
    if ((word & FUTEX_TID_MASK) == POSIX_IPC_MUTEX_LOST)
        expected = word; /* nobody writes that: it is waited for, as for anybody else's nonsense */
    return own == slots && posix_ipc_owner(&lock->upgrade) != 0 ? 0 : expected;
}

/* A reader that has locked `upgrade` makes a writer that waits for its slot look up: by a bit that
 * makes the word another one, and says nothing else where there is an owner. FUTEX_WAITERS stays:
 * if this thread dies before it has woken anybody, the kernel does. */
static inline void posix_ipc_rwlock_nudge(struct posix_ipc_mutex* slot) {
    __atomic_fetch_or(&slot->word, (uint32_t)FUTEX_OWNER_DIED, __ATOMIC_SEQ_CST);
    POSIX_IPC_STEP(nudged);
    posix_ipc_mutex_wake(slot, INT32_MAX);
}

/* Undoes that, when the upgrade has ended; before the slot is unlocked. */
static inline void posix_ipc_rwlock_calm(struct posix_ipc_mutex* slot) {
    if ((__atomic_load_n(&slot->word, __ATOMIC_RELAXED) & FUTEX_OWNER_DIED) != 0)
        posix_ipc_mutex_settle(slot);
}

/* The owner of the gate writes no more, or did not begin to: others may read as soon as it leaves
 * the gate. Not where a death is not settled: then the data is nobody's. */
static inline void posix_ipc_rwlock_reopen(struct posix_ipc_rwlock* lock) {
    if (!posix_ipc_rwlock_is_unsettled(lock))
        posix_ipc_rwlock_set(lock, POSIX_IPC_RWLOCK_FREE);
    POSIX_IPC_STEP(reopened);
}

#ifdef __cplusplus
}
#endif

#endif
