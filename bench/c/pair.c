/* One process: sends a message and takes it back. */
#include "bench.h"

static struct message out = {.type = 1}, in;
static uint32_t sequence;

static void checked(const struct params* params, long count) {
    for (long i = 0; i < count; i++, sequence++) {
        payload_stamp(&out, sequence);
        transport_send(&out, params->size);
        payload_check(&in, transport_receive(&in, 0), params->size, sequence);
    }
}

/* How many differ. */
static long tallied(const struct params* params, long count) {
    long wrong = 0;
    for (long i = 0; i < count; i++, sequence++) {
        payload_stamp(&out, sequence);
        transport_send(&out, params->size);
        wrong += payload_differs(&in, transport_receive(&in, 0), params->size, sequence);
    }
    return wrong;
}

void pair(const struct params* params) {
    payload_fill(&out, params->size);
    checked(params, params->warm);
    long wrong = tallied(params, params->warm);
    const struct usage before = usage_now();
    const int64_t begin = now_ns();
    wrong += tallied(params, params->count);
    const int64_t end = now_ns();
    const struct usage after = usage_now();
    checked(params, params->check);
    if (wrong > 0)
        fail("messages differ in the timed part");
    result_begin();
    result_value("ns", (double)(end - begin) / (double)params->count);
    result_migrations(&before, &after);
    result_end();
}
