/* Two processes: one sends without pause, the other receives. */
#include "bench.h"

static struct message message;

void stream_send(const struct params* params) {
    message.type = 1;
    payload_fill(&message, params->size);
    const long total = params->warm + params->count + params->check;
    for (long i = 0; i < total; i++) {
        payload_stamp(&message, (uint32_t)i);
        transport_send(&message, params->size);
    }
}

void stream_receive(const struct params* params) {
    uint32_t sequence = 0;
    for (long i = 0; i < params->warm; i++, sequence++) {
        payload_check(&message, transport_receive(&message, 0), params->size, sequence);
    }
    long wrong = 0;
    const int64_t begin = now_ns();
    for (long i = 0; i < params->count; i++, sequence++) {
        wrong += payload_differs(&message, transport_receive(&message, 0), params->size, sequence);
    }
    const int64_t end = now_ns();
    for (long i = 0; i < params->check; i++, sequence++) {
        payload_check(&message, transport_receive(&message, 0), params->size, sequence);
    }
    if (wrong > 0)
        fail("messages differ in the timed part");
    result_begin();
    result_value("ns", (double)(end - begin) / (double)params->count);
    result_end();
}
