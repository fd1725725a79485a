/* What a facility does not have: programs are linked with this, and use what they find. */
#include "bench.h"

#define ABSENT(what) fail("the facility has no " what)

__attribute__((weak)) void transport_open(const struct params* params) {
    (void)params;
}

__attribute__((weak)) void transport_send(const struct message* message, size_t size) {
    (void)message, (void)size;
    ABSENT("messages");
}

__attribute__((weak)) size_t transport_receive(struct message* message, long type) {
    (void)message, (void)type;
    ABSENT("messages");
}

__attribute__((weak)) void transport_flush(void) {}

__attribute__((weak)) int transport_ready(long type) {
    (void)type;
    ABSENT("way to look for messages");
}

__attribute__((weak)) void transport_repeat(const struct params* params, long count) {
    (void)params, (void)count;
    ABSENT("repeated work");
}
