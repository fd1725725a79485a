/* One process sends each message to many, once all of them are there. As scenarios/fan-out.ts. */
#include "bench.h"
#include "folder.h"

void fan_out_send(const struct params* params) {
    all_there(params->address, params->receivers);
    stream_send(params);
}

void fan_out_receive(const struct params* params) {
    arrive(params->address);
    stream_receive(params);
}
