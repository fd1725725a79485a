#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char* name;
    void (*run)(const struct params* params);
} roles[] = {
    {"pair", pair},
    {"stream-send", stream_send},
    {"stream-receive", stream_receive},
    {"round-trip-call", round_trip_call},
    {"round-trip-serve", round_trip_serve},
    {"waits", waits},
};

int main(int argc, char** argv) {
    if (argc < 8) {
        fprintf(stderr, "usage: %s ROLE ADDRESS SIZE WARM COUNT CHECK PAUSE_US\n", argv[0]);
        return 2;
    }
    const struct params params = {
        .address = argv[2],
        .size = (size_t)atol(argv[3]),
        .warm = atol(argv[4]),
        .count = atol(argv[5]),
        .check = atol(argv[6]),
        .pause_us = atol(argv[7]),
    };
    if (params.size < 4 || params.size > MAX_PAYLOAD)
        fail("SIZE: 4 to 8192");
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(argv[1], roles[i].name) != 0)
            continue;
        transport_open(params.address);
        roles[i].run(&params);
        return 0;
    }
    fail("no such ROLE");
}
