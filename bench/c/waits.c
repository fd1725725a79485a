/* Many pending receives, each of its own type: a thread for each. */
#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { STACK_BYTES = 128 * 1024 };

struct wait {
    pthread_t thread;
    long type;
    int64_t woken;
    struct message message; /* not on the stack, which is small, nor in an arena of each thread */
};

static size_t expected;

static void* receive(void* argument) {
    struct wait* wait = argument;
    const size_t size = transport_receive(&wait->message, wait->type);
    wait->woken = now_ns();
    payload_check(&wait->message, size, expected, (uint32_t)wait->type);
    return NULL;
}

static long status(const char* field) {
    char line[256], format[64];
    long value = 0;
    FILE* file = fopen("/proc/self/status", "r");
    if (file == NULL)
        fail("no /proc");
    snprintf(format, sizeof format, "%s: %%ld", field);
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, format, &value) != 1) {
    }
    fclose(file);
    return value;
}

static double used_ns(clockid_t clock) {
    struct timespec used;
    clock_gettime(clock, &used);
    return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

/* Of those that wait: the thread that looks has to wake up for it. */
static double cpu_ns(void) {
    return used_ns(CLOCK_PROCESS_CPUTIME_ID) - used_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* Rests until all are parked, then for a while in which nothing happens: percent of one CPU. */
static double idle(void) {
    usleep(200000);
    const double begin = cpu_ns();
    usleep(1000000);
    /* The two clocks are read one after the other: what lies between may be more than all there is.
     */
    const double used = cpu_ns() - begin;
    return used > 0 ? used / 1e9 * 100 : 0;
}

static pthread_attr_t small;
static struct message out;

static void start(struct wait* wait, long type) {
    wait->type = type;
    if (pthread_create(&wait->thread, &small, receive, wait) != 0)
        fail("no thread");
}

/* Lets one of them have its message; answers how long that took. */
static int64_t answer(struct wait* wait) {
    out.type = wait->type;
    payload_stamp(&out, (uint32_t)out.type);
    const int64_t begin = now_ns();
    transport_send(&out, expected);
    pthread_join(wait->thread, NULL);
    return wait->woken - begin;
}

/* So many are made and answered one after the other, before those that are left waiting. */
static void warm(struct wait* wait, long count) {
    for (long i = 0; i < count; i++) {
        start(wait, 1);
        usleep(1000);
        answer(wait);
    }
}

void waits(const struct params* params) {
    const long count = params->count;
    struct wait* all = calloc((size_t)count, sizeof *all);
    int64_t* created = calloc((size_t)count, sizeof *created);
    int64_t* woken = calloc((size_t)count, sizeof *woken);
    if (all == NULL || created == NULL || woken == NULL)
        fail("no memory");
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_BYTES);
    expected = params->size;
    payload_fill(&out, params->size);
    warm(all, params->warm);

    const long threads = status("Threads"), resident = status("VmRSS"), size = status("VmSize");
    for (long i = 0; i < count; i++) {
        const int64_t begin = now_ns();
        start(&all[i], i + 1);
        created[i] = now_ns() - begin;
    }
    const double idled = idle(), each = (double)count;
    result_begin();
    result_value("idle", idled);
    result_value("threads", (double)(status("Threads") - threads));
    result_value("resident", (double)(status("VmRSS") - resident) / each);
    result_value("virtual", (double)(status("VmSize") - size) / each);

    for (long i = 0; i < count; i++)
        woken[i] = answer(&all[i]);
    result_latencies("creation", created, count);
    result_latencies("wake", woken, count);
    result_end();
    free(all);
    free(created);
    free(woken);
}
