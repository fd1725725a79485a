/* What the C halves of the scenarios share. They check their arguments and results as little as
 * an honest program does: every call that fails ends the process. */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

enum { MAX_PAYLOAD = 1 << 20 };

/* Laid out as a struct msgbuf; transports without types leave the type alone. */
struct message {
    long type;
    unsigned char payload[MAX_PAYLOAD];
};

/* The numbers of bench/core/params.ts, in the same order. */
struct params {
    const char* form; /* which spelling of the work; "" where there is one only */
    const char* address;
    size_t size;
    long warm, count, check;
    long pause_us;
    long receivers, window, rate;
};

/* One facility: the only part that differs between them; absent.c has what it lacks. Type 0
 * receives any. */
void transport_open(const struct params* params);
void transport_send(const struct message* message, size_t size);
size_t transport_receive(struct message* message, long type);
/* What was sent is to be seen now, also where the transport waits for more. */
void transport_flush(void);
/* Whether a message of a type is there. */
int transport_ready(long type);
/* The work of the form, so many times. */
void transport_repeat(const struct params* params, long count);

/* The roles of the scenarios. */
void pair(const struct params* params);
void stream_send(const struct params* params);
void stream_receive(const struct params* params);
void fan_out_send(const struct params* params);
void fan_out_receive(const struct params* params);
void round_trip_call(const struct params* params);
void round_trip_serve(const struct params* params);
void in_flight_call(const struct params* params);
void schedule_call(const struct params* params);
void gather_send(const struct params* params);
void gather_receive(const struct params* params);
void share_send(const struct params* params);
void share_receive(const struct params* params);
void waits(const struct params* params);
void repeat(const struct params* params);

/* Payloads: a sequence number of four bytes, then a pattern that stands still. */
void payload_fill(struct message* message, size_t size);
void payload_stamp(struct message* message, uint32_t sequence);
void payload_check(const struct message* message, size_t size, size_t expected, uint32_t sequence);

/* The check of the timed part: length and first byte. */
static inline int payload_differs(const struct message* message, size_t size, size_t expected,
                                  uint32_t sequence) {
    return size != expected || message->payload[0] != (unsigned char)sequence;
}

int64_t now_ns(void);

/* What this process has used so far: CPU of all threads, context switches. */
struct usage {
    int64_t cpu_ns;
    long voluntary, involuntary;
    long migrations; /* to another CPU; -1: the kernel does not tell */
};
struct usage usage_now(void);
void fail(const char* what) __attribute__((noreturn));
/* Ends the process unless a call has succeeded. */
void need(int succeeded, const char* call);

/* Results as one line of JSON: "values" and then "latencies", in nanoseconds. */
void result_begin(void);
void result_value(const char* name, double value);
/* How often the kernel has moved this thread to another CPU; nothing where it does not tell. */
void result_migrations(const struct usage* before, const struct usage* after);
/* What was used for each of so many messages, and those, as in core/usage.ts. */
void result_usage(const struct usage* before, const struct usage* after, long count);
void result_latencies(const char* name, const int64_t* samples, long count);
void result_end(void);

#endif
