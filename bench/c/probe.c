/* How far apart two CPUs are: round trips of one cache line between two spinning threads.
 * Prints nanoseconds, the best of several batches; 0 where there is only one CPU. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { BATCHES = 24, ROUNDS = 1000 };

static _Alignas(128) atomic_uint line;
static int cpus[2];

static void stay_on(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

static void* echo(void* unused) {
    stay_on(cpus[1]);
    for (unsigned i = 0; i < BATCHES * ROUNDS; i++) {
        while (atomic_load_explicit(&line, memory_order_acquire) != 2 * i + 1) {
        }
        atomic_store_explicit(&line, 2 * i + 2, memory_order_release);
    }
    return unused;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(void) {
    cpu_set_t set;
    int found = 0;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++) {
        if (CPU_ISSET(cpu, &set))
            cpus[found++] = cpu;
    }
    if (found < 2) {
        puts("0");
        return 0;
    }
    pthread_t other;
    if (pthread_create(&other, NULL, echo, NULL) != 0)
        return 1;
    stay_on(cpus[0]);
    double best = 1e12;
    for (unsigned batch = 0; batch < BATCHES; batch++) {
        const double begin = now();
        for (unsigned i = batch * ROUNDS; i < (batch + 1) * ROUNDS; i++) {
            atomic_store_explicit(&line, 2 * i + 1, memory_order_release);
            while (atomic_load_explicit(&line, memory_order_acquire) != 2 * i + 2) {
            }
        }
        const double each = (now() - begin) / ROUNDS;
        if (each < best)
            best = each;
    }
    pthread_join(other, NULL);
    printf("%.0f\n", best);
    return 0;
}
