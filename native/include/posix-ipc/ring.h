/* What channel.h and broadcast.h are both made of: memory that is mapped, roles that are taken,
 * bells that are rung, and how an end waits. Each function answers 0 or an errno. */
#ifndef POSIX_IPC_RING_H
#define POSIX_IPC_RING_H

#include <fcntl.h>
#include <posix-ipc/lock.h>
#include <posix-ipc/name.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifdef __cplusplus
extern "C" {
#endif

#define POSIX_IPC_RING_LEAST 1024u
#define POSIX_IPC_RING_MOST (1u << 30)

/* In place of a length: the next record begins at the beginning of the ring. */
#define POSIX_IPC_RING_WRAP UINT32_MAX

/* Whether a ring may have so many bytes, where there is room for so many. */
static inline int posix_ipc_ring_is_capacity(uint32_t capacity, size_t room) {
    return (capacity & (capacity - 1)) == 0 && capacity >= POSIX_IPC_RING_LEAST &&
           capacity <= POSIX_IPC_RING_MOST && capacity <= room;
}

/* ---- memory */

/* Nobody's memory. */
static inline void posix_ipc_ring_unmap(void** mapped, size_t bytes) {
    if (*mapped != NULL)
        munmap(*mapped, bytes);
    *mapped = NULL;
}

/* Copies a message, which may be empty, and lie nowhere then. */
static inline void posix_ipc_ring_copy(void* into, const void* from, size_t length) {
    if (length != 0 && into != NULL)
        memcpy(into, from, length);
}

/* Maps the whole of what can be mapped, such as a memfd: 0; EINVAL: nothing is at that offset; or
 * the errors of fstat(2) and mmap(2). */
static inline int posix_ipc_ring_map(int fd, size_t offset, void** mapped, size_t* bytes) {
    struct stat status;
    *mapped = NULL;
    *bytes = 0;
    if (fstat(fd, &status) != 0)
        return errno;
    *bytes = (size_t)status.st_size;
    if (status.st_size < 0 || *bytes <= offset)
        return EINVAL;
    void* memory = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return errno;
    *mapped = memory;
    return 0;
}

/* A descriptor of the memory of a name; 'x' is '/x': 0, or the errors of shm_open(3). */
static inline int posix_ipc_ring_open(const char* name, int* fd) {
    char path[POSIX_IPC_NAME_BYTES];
    const int error = posix_ipc_name_path(name, path);
    if (error != 0)
        return error;
    *fd = shm_open(path, O_RDWR | O_CLOEXEC, 0);
    return *fd < 0 ? errno : 0;
}

/* ---- roles */

/* Takes a role, also after the death of who had it, which is told: 0; EBUSY: somebody has it;
 * EBADMSG: somebody has overwritten the memory; ENOTRECOVERABLE, ENOSYS as of
 * posix_ipc_mutex_lock(). */
static inline int posix_ipc_ring_take_after(struct posix_ipc_mutex* role, int* has_died) {
    *has_died = 0;
    if (posix_ipc_mutex_check(role) != 0)
        return EBADMSG;
    const int result = posix_ipc_mutex_trylock(role);
    if (result == EDEADLK)
        return EBUSY;
    *has_died = result == EOWNERDEAD;
    return *has_died ? posix_ipc_mutex_consistent(role) : result;
}

/* The same, whether it has died or not. */
static inline int posix_ipc_ring_take(struct posix_ipc_mutex* role) {
    int has_died;
    return posix_ipc_ring_take_after(role, &has_died);
}

/* Whether this thread has a role that a thread has taken: 0, or EPERM. One that has ended has it no
 * more, nor a child of fork(2): by now it may be another end's, of this thread, too. */
static inline int posix_ipc_ring_has(const struct posix_ipc_mutex* role, uint32_t taken_by) {
    const uint32_t self = posix_ipc_thread_self().tid;
    const uint32_t owner = __atomic_load_n(&role->word, __ATOMIC_RELAXED) & FUTEX_TID_MASK;
    return taken_by == self && owner == self ? 0 : EPERM;
}

/* What to tell where none of several roles could be taken: one that is busy may be free later. One
 * that nobody can take any more keeps none from the others. */
static inline int posix_ipc_ring_failure(int before, int result) {
    return before == 0 || result == EBUSY ? result : before;
}

/* ---- bells */

/* Wakes all who sleep there: a system call only if somebody does. After something was stored,
 * sequentially consistent, that they wait for. */
static inline void posix_ipc_ring_ring(uint32_t* bell) {
    if (__atomic_load_n(bell, __ATOMIC_SEQ_CST) == 0)
        return;
    __atomic_store_n(bell, 0, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, bell, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

/* Wakes all who sleep there, so that they watch the role that was taken. What the bell becomes was
 * not there before, and is not 0: nothing was published, so whoever does must ring still. It is
 * even: no sleeper writes it. */
static inline void posix_ipc_ring_call(uint32_t* bell) {
    const uint32_t there =
        __atomic_fetch_add(bell, 0, __ATOMIC_SEQ_CST); /* a fence behind the role */
    if (there == 0)
        return;
    const uint32_t next = ((there & ~1u) + 4) & INT32_MAX;
    __atomic_store_n(bell, next < 4 ? 4 : next, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, bell, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

/* ---- time */

/* Nanoseconds until an instant of CLOCK_MONOTONIC; NULL, or in three hundred years: for ever. */
static inline int64_t posix_ipc_ring_left(const struct timespec* until) {
    const int64_t end = posix_ipc_instant(until);
    if (end == INT64_MAX)
        return INT64_MAX;
    const int64_t now = posix_ipc_now();
    return end > now ? end - now : 0;
}

/* ---- waiting */

enum posix_ipc_channel_waiting {
    POSIX_IPC_CHANNEL_ADAPTIVE, /* spins for some microseconds where that has paid, then sleeps */
    POSIX_IPC_CHANNEL_BLOCK,    /* sleeps at once */
    POSIX_IPC_CHANNEL_SPIN      /* looks without a pause */
};

/* How one end waits. */
struct posix_ipc_ring_waits {
    /* Whether there is something, by loads that are sequentially consistent. */
    int (*ready)(const void* end);
    uint32_t* bell;
    int is_shared;                  /* others sleep there, too */
    uint32_t misses, pause, waited; /* spins in vain; waits to let pass before the next trial */
};

#define POSIX_IPC_RING_SPIN_NS INT64_C(50000)
/* A wait that ends sooner may be part of a quick exchange: spins are tried. */
#define POSIX_IPC_RING_SOON_NS INT64_C(400000)
/* Spins in a row that may find nothing, those of a trial, and most waits until the next one. */
#define POSIX_IPC_RING_MISSES 4u
#define POSIX_IPC_RING_TRIAL 2u
#define POSIX_IPC_RING_PAUSE 256u
/* Who sleeps looks so often by itself: the other end may have died before it rang. */
#define POSIX_IPC_RING_LOOK_NS INT64_C(100000000)

static inline void posix_ipc_ring_waits_init(struct posix_ipc_ring_waits* waits, uint32_t* bell,
                                             int is_shared, int (*ready)(const void*)) {
    waits->ready = ready;
    waits->bell = bell;
    waits->is_shared = is_shared;
    waits->misses = POSIX_IPC_RING_MISSES;
    waits->pause = 1;
    waits->waited = 0;
}

/* Looks without a pause, for so long: whether there is something. */
static inline int posix_ipc_ring_spin(const struct posix_ipc_ring_waits* waits, const void* end,
                                      int64_t ns) {
    const int64_t begin = posix_ipc_now();
    do {
        for (int i = 0; i < 64; i++) {
            if (waits->ready(end))
                return 1;
#if defined(__x86_64__)
            __builtin_ia32_pause();
#elif defined(__aarch64__)
            __asm__ __volatile__("yield");
#endif
        }
    } while (posix_ipc_now() - begin < ns);
    return 0;
}

/* Spins where that has paid lately. */
static inline int posix_ipc_ring_linger(struct posix_ipc_ring_waits* waits, const void* end) {
    if (waits->misses >= POSIX_IPC_RING_MISSES)
        return 0;
    if (posix_ipc_ring_spin(waits, end, POSIX_IPC_RING_SPIN_NS)) {
        waits->misses = 0;
        waits->pause = 1;
        return 1;
    }
    if (++waits->misses == POSIX_IPC_RING_MISSES) {
        waits->waited = 0;
        waits->pause *= waits->pause < POSIX_IPC_RING_PAUSE ? 2 : 1;
    }
    return 0;
}

/* Writes that somebody is about to sleep; answers what is there then. Where others sleep, too, only
 * who rings clears it, so it is an odd number that was not there before the last ring: who has
 * looked before that, and comes to sleep late, does not take it for its own. */
static inline uint32_t posix_ipc_ring_asleep(const struct posix_ipc_ring_waits* waits) {
    uint32_t there = 0;
    const uint32_t own = waits->is_shared ? ((uint32_t)posix_ipc_now() & INT32_MAX) | 1 : 1;
    if (!waits->is_shared)
        __atomic_store_n(waits->bell, own, __ATOMIC_SEQ_CST);
    else if (!__atomic_compare_exchange_n(waits->bell, &there, own, 0, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST))
        return there;
    return own;
}

/* Sleeps until somebody rings, or it is time to look by oneself. */
static inline int posix_ipc_ring_sleep(struct posix_ipc_ring_waits* waits, const void* end,
                                       int64_t left) {
    const int64_t most = left < POSIX_IPC_RING_LOOK_NS ? left : POSIX_IPC_RING_LOOK_NS;
    const struct timespec patience = {0, (long)most};
    const int64_t begin = posix_ipc_now();
    long result = 0;
    const uint32_t asleep = posix_ipc_ring_asleep(waits);
    POSIX_IPC_STEP(ring_sleeping);
    if (!waits->ready(end))
        result = syscall(SYS_futex, waits->bell, FUTEX_WAIT, asleep, &patience, NULL, 0);
    const int error = result == 0 ? 0 : errno;
    if (!waits->is_shared)
        __atomic_store_n(waits->bell, 0, __ATOMIC_SEQ_CST); /* nobody needs to ring */
    if (posix_ipc_now() - begin < POSIX_IPC_RING_SOON_NS &&
        waits->misses >= POSIX_IPC_RING_MISSES && ++waits->waited > waits->pause &&
        posix_ipc_has_cpus())
        waits->misses = POSIX_IPC_RING_MISSES - POSIX_IPC_RING_TRIAL;
    return error == EAGAIN || error == EINTR || error == ETIMEDOUT ? 0 : error;
}

/* Until there may be something: 0, or ETIMEDOUT. */
static inline int posix_ipc_ring_wait(struct posix_ipc_ring_waits* waits,
                                      enum posix_ipc_channel_waiting waiting, const void* end,
                                      const struct timespec* until) {
    const int64_t left = posix_ipc_ring_left(until);
    if (left <= 0)
        return ETIMEDOUT;
    if (waiting == POSIX_IPC_CHANNEL_SPIN)
        return posix_ipc_ring_spin(waits, end, left) ? 0 : ETIMEDOUT;
    if (waiting == POSIX_IPC_CHANNEL_ADAPTIVE && posix_ipc_ring_linger(waits, end))
        return 0;
    return posix_ipc_ring_sleep(waits, end, left);
}

#ifdef __cplusplus
}
#endif

#endif
