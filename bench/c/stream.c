/* Two processes: one sends without pause, the other receives. */
#include "bench.h"

static struct message message;

void stream_send(const struct params* params) {
    message.type = 1;
    payload_fill(&message, params->size);
    const long after = params->warm + params->count, total = after + params->check;
    struct usage before_it = usage_now(), after_it = before_it;
    int64_t begin = 0, end = 0;
    for (long i = 0; i < total; i++) {
        if (i == params->warm) {
            before_it = usage_now();
            begin = now_ns();
        }
        if (i == after) {
            end = now_ns();
            after_it = usage_now();
        }
        payload_stamp(&message, (uint32_t)i);
        transport_send(&message, params->size);
    }
    result_begin();
    result_value("ns", (double)(end - begin) / (double)params->count);
    result_usage(&before_it, &after_it, params->count);
    result_end();
}

void stream_receive(const struct params* params) {
    uint32_t sequence = 0;
    for (long i = 0; i < params->warm; i++, sequence++) {
        payload_check(&message, transport_receive(&message, 0), params->size, sequence);
    }
    long wrong = 0;
    const struct usage before_it = usage_now();
    const int64_t begin = now_ns();
    for (long i = 0; i < params->count; i++, sequence++) {
        wrong += payload_differs(&message, transport_receive(&message, 0), params->size, sequence);
    }
    const int64_t end = now_ns();
    const struct usage after_it = usage_now();
    for (long i = 0; i < params->check; i++, sequence++) {
        payload_check(&message, transport_receive(&message, 0), params->size, sequence);
    }
    if (wrong > 0)
        fail("messages differ in the timed part");
    result_begin();
    result_value("ns", (double)(end - begin) / (double)params->count);
    result_usage(&before_it, &after_it, params->count);
    result_end();
}
