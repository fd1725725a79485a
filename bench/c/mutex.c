/* A robust mutex of libc in shared memory. The address is the memory's name. */
#include "slots.h"

#include <pthread.h>

/* In the second slot: in the first is the mutex of posix-ipc. */
static pthread_mutex_t* mutex;

void transport_open(const struct params* params) {
    pthread_mutexattr_t attributes;
    mutex = (pthread_mutex_t*)(void*)&slots_open(params->address)[1];
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attributes);
}

void transport_repeat(const struct params* params, long count) {
    (void)params;
    for (long i = 0; i < count; i++) {
        need(pthread_mutex_lock(mutex) == 0, "pthread_mutex_lock");
        need(pthread_mutex_unlock(mutex) == 0, "pthread_mutex_unlock");
    }
}
