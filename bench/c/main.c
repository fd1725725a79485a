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
    {"objects-send", stream_send}, /* C has no objects: as many bytes */
    {"objects-receive", stream_receive},
    {"fan-out-send", fan_out_send},
    {"fan-out-receive", fan_out_receive},
    {"round-trip-call", round_trip_call},
    {"round-trip-serve", round_trip_serve},
    {"in-flight-call", in_flight_call},
    {"in-flight-serve", round_trip_serve},
    {"schedule-call", schedule_call},
    {"schedule-serve", round_trip_serve},
    {"gather-send", gather_send},
    {"gather-receive", gather_receive},
    {"share-send", share_send},
    {"share-receive", share_receive},
    {"waits", waits},
    {"repeat", repeat},
};

int main(int argc, char** argv) {
    if (argc < 14) {
        fprintf(stderr,
                "usage: %s ROLE FORM ADDRESS SIZE WARM COUNT CHECK PAUSE_US BATCH SELECTORS "
                "RECEIVERS WINDOW RATE\n",
                argv[0]);
        return 2;
    }
    const struct params params = {
        .form = argv[2],
        .address = argv[3],
        .size = (size_t)atol(argv[4]),
        .warm = atol(argv[5]),
        .count = atol(argv[6]),
        .check = atol(argv[7]),
        .pause_us = atol(argv[8]),
        .receivers = atol(argv[11]), /* between them: what only Node is told */
        .window = atol(argv[12]),
        .rate = atol(argv[13]),
    };
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(argv[1], roles[i].name) != 0)
            continue;
        transport_open(&params);
        roles[i].run(&params);
        return 0;
    }
    fail("no such ROLE");
}
