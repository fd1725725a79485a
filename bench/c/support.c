#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int values, arrays;

int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t nanoseconds(const struct timeval* time) {
    return ((int64_t)time->tv_sec * 1000000 + time->tv_usec) * 1000;
}

static long migrations_now(void) {
    static int fd = 0;
    char text[8192];
    if (fd == 0)
        fd = open("/proc/self/sched", O_RDONLY | O_CLOEXEC);
    const ssize_t length = pread(fd, text, sizeof text - 1, 0);
    if (length <= 0)
        return -1;
    text[length] = 0;
    const char* found = strstr(text, "nr_migrations");
    const char* colon = found == NULL ? NULL : strchr(found, ':');
    return colon == NULL ? -1 : atol(colon + 1);
}

struct usage usage_now(void) {
    struct rusage used;
    need(getrusage(RUSAGE_SELF, &used) == 0, "getrusage");
    return (struct usage){
        .cpu_ns = nanoseconds(&used.ru_utime) + nanoseconds(&used.ru_stime),
        .voluntary = used.ru_nvcsw,
        .involuntary = used.ru_nivcsw,
        .migrations = migrations_now(),
    };
}

void fail(const char* what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

void need(int succeeded, const char* call) {
    if (!succeeded) {
        fprintf(stderr, "%s: %s\n", call, strerror(errno));
        exit(1);
    }
}

void payload_fill(struct message* message, size_t size) {
    if (size < 4 || size > MAX_PAYLOAD)
        fail("SIZE: 4 to 1048576");
    for (size_t i = 4; i < size; i++)
        message->payload[i] = (unsigned char)(i * 7 + 13);
}

void payload_stamp(struct message* message, uint32_t sequence) {
    memcpy(message->payload, &sequence, sizeof sequence);
}

void payload_check(const struct message* message, size_t size, size_t expected, uint32_t sequence) {
    uint32_t found;
    memcpy(&found, message->payload, sizeof found);
    if (size != expected || found != sequence) {
        fprintf(stderr, "message %u of %zu bytes: got number %u of %zu bytes\n", sequence, expected,
                found, size);
        exit(1);
    }
    for (size_t i = 4; i < size; i++) {
        if (message->payload[i] != (unsigned char)(i * 7 + 13))
            fail("a payload is damaged");
    }
}

void result_begin(void) {
    printf("{\"values\":{");
}

void result_value(const char* name, double value) {
    printf("%s\"%s\":%.6f", values++ > 0 ? "," : "", name, value);
}

void result_migrations(const struct usage* before, const struct usage* after) {
    if (before->migrations >= 0 && after->migrations >= 0)
        result_value("migrations", (double)(after->migrations - before->migrations));
}

void result_usage(const struct usage* before, const struct usage* after, long count) {
    const double messages = (double)count;
    result_value("cpu", (double)(after->cpu_ns - before->cpu_ns) / 1000 / messages);
    result_value("voluntary", (double)(after->voluntary - before->voluntary) / messages);
    result_value("involuntary", (double)(after->involuntary - before->involuntary) / messages);
    result_migrations(before, after);
}

void result_latencies(const char* name, const int64_t* samples, long count) {
    printf("%s\"%s\":[", arrays++ > 0 ? "," : "},\"latencies\":{", name);
    for (long i = 0; i < count; i++)
        printf("%s%lld", i > 0 ? "," : "", (long long)samples[i]);
    printf("]");
}

void result_end(void) {
    printf(arrays > 0 ? "}}\n" : "},\"latencies\":{}}\n");
}
