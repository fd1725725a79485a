/* Requests that do not wait for each other, answered in their order: as scenarios/flight.ts. */
#include "bench.h"

#include <stdlib.h>

enum { REQUEST = 1, REPLY = 2 };

/* Of the requests in a second that were answered one after the other, the schedule has so many. */
#define SHARE 0.5

static struct message out = {.type = REQUEST}, in;

struct caller {
    const struct params* params;
    int64_t* begun; /* of the requests that are under way, by turns */
    uint32_t sequence;
    long wrong;
};

/* Requests of one kind; with a period in nanoseconds where they have a schedule. */
struct series {
    long count, sent, taken;
    long window;  /* so many are under way at most */
    int verified; /* byte by byte */
    int64_t begin;
    double period;
    int64_t* latencies;
};

static int64_t due(const struct series* series) {
    return series->begin + (int64_t)((double)series->sent * series->period);
}

static void send_one(struct caller* caller, struct series* series) {
    int64_t* begun = &caller->begun[series->sent % series->window];
    payload_stamp(&out, caller->sequence + (uint32_t)series->sent);
    *begun = series->period > 0 ? due(series) : now_ns();
    series->sent++;
    transport_send(&out, caller->params->size);
}

static void take_one(struct caller* caller, struct series* series) {
    const size_t expected = caller->params->size, size = transport_receive(&in, REPLY);
    const uint32_t sequence = caller->sequence + (uint32_t)series->taken;
    if (series->latencies != NULL) {
        const int64_t begun = caller->begun[series->taken % series->window];
        series->latencies[series->taken] = now_ns() - begun;
    }
    if (series->verified)
        payload_check(&in, size, expected, sequence);
    else
        caller->wrong += payload_differs(&in, size, expected, sequence);
    series->taken++;
}

/* Does not sleep while it waits for the time of the next one. */
static void run(struct caller* caller, struct series* series) {
    series->begin = now_ns();
    while (series->taken < series->count) {
        const long under = series->sent - series->taken;
        const int full = series->sent == series->count || under == series->window;
        if (!full && (series->period == 0 || now_ns() >= due(series)))
            send_one(caller, series);
        else if (full || (under > 0 && transport_ready(REPLY)))
            take_one(caller, series);
    }
    caller->sequence += (uint32_t)series->count;
}

static void call(const struct params* params, int has_schedule) {
    struct caller caller = {.params = params};
    caller.begun = calloc((size_t)params->window, sizeof *caller.begun);
    const long window = params->window, half = params->warm / 2;
    struct series cold = {.count = params->warm - half, .window = window, .verified = 1};
    struct series warm = {.count = half, .window = has_schedule ? 1 : window};
    struct series timed = {.count = params->count, .window = window};
    struct series check = {.count = params->check, .window = window, .verified = 1};
    timed.latencies = calloc((size_t)params->count, sizeof *timed.latencies);
    if (caller.begun == NULL || timed.latencies == NULL)
        fail("no memory");
    payload_fill(&out, params->size);
    run(&caller, &cold);
    run(&caller, &warm);
    double rate = 0;
    if (has_schedule) {
        rate = params->rate > 0
                   ? (double)params->rate
                   : SHARE * (double)warm.count * 1e9 / (double)(now_ns() - warm.begin);
        timed.period = 1e9 / rate;
    }
    const struct usage before = usage_now();
    run(&caller, &timed);
    const int64_t end = now_ns();
    const struct usage after = usage_now();
    run(&caller, &check);
    if (caller.wrong > 0)
        fail("replies differ in the timed part");
    result_begin();
    result_value("ns", (double)(end - timed.begin) / (double)params->count);
    result_value("rate", rate);
    result_usage(&before, &after, params->count);
    result_latencies("request", timed.latencies, params->count);
    result_end();
    free(timed.latencies);
    free(caller.begun);
}

void in_flight_call(const struct params* params) {
    call(params, 0);
}

void schedule_call(const struct params* params) {
    call(params, 1);
}
