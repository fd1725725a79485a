/* Locks of libc in shared memory, whose name is the address. The form says which of them. */
#include "slots.h"

#include <pthread.h>
#include <sched.h>

/* Places as in core/locks.ts. */
enum { WORDS = 3, LIBC = 4, LIBC_SLOTS = 4 };

/* How far the programs are. */
struct words {
    uint32_t changed[2];
    atomic_uint total, arrived, programs, round[2];
};

/* A cache line for each. */
struct locks {
    _Alignas(64) pthread_mutex_t mutex; /* robust */
    _Alignas(64) pthread_rwlock_t rwlock;
    _Alignas(64) pthread_cond_t condition;
    _Alignas(64) pthread_barrier_t barrier;
    _Alignas(64) atomic_uint made;
    uint32_t turn;
};
_Static_assert(sizeof(struct locks) <= LIBC_SLOTS * sizeof(struct slot), "too little room");

static struct slot* slots;
static struct words* words;
static struct locks* locks;

/* All of these answer 0. */
static void make(void) {
    pthread_mutexattr_t of_mutex;
    pthread_rwlockattr_t of_rwlock;
    pthread_condattr_t of_condition;
    pthread_barrierattr_t of_barrier;
    int failed = 0;
    failed |= pthread_mutexattr_init(&of_mutex);
    failed |= pthread_mutexattr_setpshared(&of_mutex, PTHREAD_PROCESS_SHARED);
    failed |= pthread_mutexattr_setrobust(&of_mutex, PTHREAD_MUTEX_ROBUST);
    failed |= pthread_mutex_init(&locks->mutex, &of_mutex);
    failed |= pthread_rwlockattr_init(&of_rwlock);
    failed |= pthread_rwlockattr_setpshared(&of_rwlock, PTHREAD_PROCESS_SHARED);
    failed |= pthread_rwlock_init(&locks->rwlock, &of_rwlock);
    failed |= pthread_condattr_init(&of_condition);
    failed |= pthread_condattr_setpshared(&of_condition, PTHREAD_PROCESS_SHARED);
    failed |= pthread_cond_init(&locks->condition, &of_condition);
    failed |= pthread_barrierattr_init(&of_barrier);
    failed |= pthread_barrierattr_setpshared(&of_barrier, PTHREAD_PROCESS_SHARED);
    failed |= pthread_barrier_init(&locks->barrier, &of_barrier, 2);
    if (failed)
        fail("the locks of libc cannot be made");
}

/* Waits for the other program without sleeping, so that both go on at the same time. */
static void meet(void) {
    static unsigned arrivals;
    arrivals += 2;
    atomic_fetch_add(&words->arrived, 1);
    while (atomic_load(&words->arrived) < arrivals) {
    }
}

static void lock(void) {
    need(pthread_mutex_lock(&locks->mutex) == 0, "pthread_mutex_lock");
}

static void unlock(void) {
    need(pthread_mutex_unlock(&locks->mutex) == 0, "pthread_mutex_unlock");
}

/* The first program to come makes them. */
void transport_open(const struct params* params) {
    enum { NONE, BEGUN, MADE };
    unsigned none = NONE;
    slots = slots_open(params->address);
    words = (struct words*)(void*)&slots[WORDS];
    locks = (struct locks*)(void*)&slots[LIBC];
    if (atomic_compare_exchange_strong(&locks->made, &none, BEGUN)) {
        make();
        atomic_store(&locks->made, MADE);
    }
    while (atomic_load(&locks->made) != MADE)
        sched_yield();
    if (strcmp(params->form, "contended") == 0)
        meet();
}

/* Round trips: who has the turn. Both have the mutex from the request to the reply, but while they
 * wait. */

enum { REQUEST = 1, REPLY = 2 };

static void trip_begins(long type) {
    if (type == REQUEST)
        lock();
}

static void trip_ends(long type) {
    if (type == REPLY)
        unlock();
}

void transport_send(const struct message* message, size_t size) {
    slot_put(&slots[message->type], message, size);
    trip_begins(message->type);
    locks->turn = (uint32_t)message->type;
    need(pthread_cond_signal(&locks->condition) == 0, "pthread_cond_signal");
    trip_ends(message->type);
}

size_t transport_receive(struct message* message, long type) {
    trip_begins(type);
    while (locks->turn != (uint32_t)type)
        need(pthread_cond_wait(&locks->condition, &locks->mutex) == 0, "pthread_cond_wait");
    trip_ends(type);
    return slot_take(&slots[type], message);
}

/* Work that is repeated. */

static void mutex(long count) {
    for (long i = 0; i < count; i++) {
        lock();
        unlock();
    }
}

static void contended(long count) {
    static uint32_t goal;
    unsigned mine = 0;
    goal += (uint32_t)count;
    for (int more = 1; more;) {
        lock();
        more = words->changed[0] < goal;
        if (more) {
            words->changed[0]++;
            words->changed[1]++;
            mine++;
        }
        unlock();
    }
    atomic_fetch_add(&words->total, mine);
    meet();
}

static void read_lock(long count) {
    for (long i = 0; i < count; i++) {
        need(pthread_rwlock_rdlock(&locks->rwlock) == 0, "pthread_rwlock_rdlock");
        need(pthread_rwlock_unlock(&locks->rwlock) == 0, "pthread_rwlock_unlock");
    }
}

static void write_lock(long count) {
    for (long i = 0; i < count; i++) {
        need(pthread_rwlock_wrlock(&locks->rwlock) == 0, "pthread_rwlock_wrlock");
        need(pthread_rwlock_unlock(&locks->rwlock) == 0, "pthread_rwlock_unlock");
    }
}

static void barrier(long count) {
    static unsigned me, round;
    if (round == 0)
        me = atomic_fetch_add(&words->programs, 1);
    for (long i = 0; i < count; i++) {
        atomic_store_explicit(&words->round[me], ++round, memory_order_relaxed);
        const int result = pthread_barrier_wait(&locks->barrier);
        const int is_last = result == PTHREAD_BARRIER_SERIAL_THREAD;
        need(result == 0 || is_last, "pthread_barrier_wait");
        if (atomic_load_explicit(&words->round[1 - me], memory_order_relaxed) < round)
            fail("the other has not come");
        if (is_last)
            words->total++;
    }
}

static int runs;

static void run(void) {
    runs++;
}

static void once(long count) {
    static pthread_once_t control = PTHREAD_ONCE_INIT;
    for (long i = 0; i < count; i++)
        need(pthread_once(&control, run) == 0, "pthread_once");
    if (runs != 1)
        fail("it did not run once");
}

static const struct {
    const char* form;
    void (*repeat)(long count);
} works[] = {
    {"mutex", mutex},      {"contended", contended}, {"read", read_lock},
    {"write", write_lock}, {"barrier", barrier},     {"once", once},
};

void transport_repeat(const struct params* params, long count) {
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        if (strcmp(params->form, works[i].form) == 0) {
            works[i].repeat(count);
            return;
        }
    }
    fail("no such FORM");
}
