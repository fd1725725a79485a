/* Two processes: a request (type 1) and its echo (type 2). */
#include "bench.h"

#include <stdlib.h>
#include <time.h>

enum { REQUEST = 1, REPLY = 2 };

/* Rest enough for both sides to fall asleep, for what is not timed; so many of the messages before
 * the timed ones rest like that, those before them do not. */
enum { BRIEF_US = 1000, DROWSY = 100 };

static struct message out = {.type = REQUEST}, in;

static void idle(long microseconds) {
    if (microseconds == 0)
        return;
    const struct timespec pause = {microseconds / 1000000, microseconds % 1000000 * 1000};
    nanosleep(&pause, NULL);
}

void round_trip_call(const struct params* params) {
    int64_t* latencies = calloc((size_t)params->count, sizeof *latencies);
    if (latencies == NULL)
        fail("no memory");
    payload_fill(&out, params->size);
    const long timed = params->warm, after = timed + params->count, total = after + params->check;
    struct usage before_it = usage_now(), after_it = before_it;
    long wrong = 0;
    for (long i = 0; i < total; i++) {
        const int is_timed = i >= timed && i < after;
        if (i == timed)
            before_it = usage_now();
        if (i == after)
            after_it = usage_now();
        const long rest = is_timed || params->pause_us < BRIEF_US ? params->pause_us : BRIEF_US;
        if (i >= timed - DROWSY)
            idle(rest);
        payload_stamp(&out, (uint32_t)i);
        now_ns(); /* after a rest the clock's own code is cold, and not what is measured */
        const int64_t begin = now_ns();
        transport_send(&out, params->size);
        const size_t size = transport_receive(&in, REPLY);
        const int64_t end = now_ns();
        if (is_timed) {
            latencies[i - timed] = end - begin;
            wrong += payload_differs(&in, size, params->size, (uint32_t)i);
        } else {
            payload_check(&in, size, params->size, (uint32_t)i);
        }
    }
    if (wrong > 0)
        fail("replies differ in the timed part");
    result_begin();
    result_usage(&before_it, &after_it, params->count);
    result_latencies("round trip", latencies, params->count);
    result_end();
    free(latencies);
}

void round_trip_serve(const struct params* params) {
    const long after = params->warm + params->count, total = after + params->check;
    struct usage before_it = usage_now(), after_it = before_it;
    for (long i = 0; i < total; i++) {
        if (i == params->warm)
            before_it = usage_now();
        if (i == after)
            after_it = usage_now();
        const size_t size = transport_receive(&in, REQUEST);
        in.type = REPLY;
        transport_send(&in, size);
    }
    result_begin();
    result_usage(&before_it, &after_it, params->count);
    result_end();
}
