/* One process: the same work over and over. */
#include "bench.h"

void repeat(const struct params* params) {
    transport_repeat(params, params->warm);
    const struct usage before = usage_now();
    const int64_t begin = now_ns();
    transport_repeat(params, params->count);
    const int64_t end = now_ns();
    const struct usage after = usage_now();
    result_begin();
    result_value("ns", (double)(end - begin) / (double)params->count);
    result_migrations(&before, &after);
    result_end();
}
