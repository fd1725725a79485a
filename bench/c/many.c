/* Several at one channel. Gathered: many send, one receives all of it. Shared: one sends, and each
 * message goes to one of many. The one that is alone measures. As scenarios/many.ts. */
#include "bench.h"
#include "folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Types of messages where they are shared: one, and the last one that somebody receives. */
enum { MESSAGE = 0, LAST = 1 };

static struct message message;

static void send_some(const struct params* params, uint32_t* sequence, long count) {
    for (long i = 0; i < count; i++) {
        payload_stamp(&message, (*sequence)++);
        transport_send(&message, params->size);
    }
}

/* All begin together; the type of its messages is each one's number among them. */
void gather_send(const struct params* params) {
    uint32_t sequence = 0;
    payload_fill(&message, params->size);
    arrive(params->address);
    message.type = all_there(params->address, params->receivers);
    send_some(params, &sequence, params->warm);
    const struct usage before = usage_now();
    send_some(params, &sequence, params->count);
    const struct usage after = usage_now();
    send_some(params, &sequence, params->check);
    result_begin();
    result_usage(&before, &after, params->receivers * params->count); /* of all */
    result_end();
}

/* What has come of each sender. */
struct gathered {
    long senders, wrong;
    uint32_t* next;
};

static void gather_some(const struct params* params, struct gathered* all, long count,
                        int verified) {
    for (long i = 0; i < count; i++) {
        const size_t size = transport_receive(&message, 0);
        if (message.type < 0 || message.type >= all->senders)
            fail("a message of a sender that is none");
        const uint32_t sequence = all->next[message.type]++;
        if (verified)
            payload_check(&message, size, params->size, sequence);
        else
            all->wrong += payload_differs(&message, size, params->size, sequence);
    }
}

/* Those of one sender come in their order, none is missing. */
void gather_receive(const struct params* params) {
    const long senders = params->receivers;
    struct gathered all = {.senders = senders};
    all.next = calloc((size_t)senders, sizeof *all.next);
    if (all.next == NULL)
        fail("no memory");
    gather_some(params, &all, senders * params->warm, 1);
    const struct usage before = usage_now();
    const int64_t begin = now_ns();
    gather_some(params, &all, senders * params->count, 0);
    const int64_t end = now_ns();
    const struct usage after = usage_now();
    gather_some(params, &all, senders * params->check, 1);
    if (all.wrong > 0)
        fail("messages differ in the timed part");
    for (long i = 0; i < senders; i++) {
        if ((long)all.next[i] != params->warm + params->count + params->check)
            fail("a sender's messages are not as many as it sent");
    }
    free(all.next);
    const long count = senders * params->count;
    result_begin();
    result_value("ns", (double)(end - begin) / (double)count);
    result_usage(&before, &after, count);
    result_end();
}

/* What one of several receivers has had. */
struct share {
    long taken;
    uint64_t sum; /* of the numbers of all its messages */
    int64_t last; /* when it took the last one */
};

/* Receives until its last one comes. */
void share_receive(const struct params* params) {
    struct share share = {0};
    struct usage before = usage_now();
    long number = -1, wrong = 0;
    arrive(params->address);
    for (;;) {
        const size_t size = transport_receive(&message, 0);
        uint32_t sequence;
        if (message.type == LAST)
            break;
        memcpy(&sequence, message.payload, sizeof sequence);
        if (number < params->warm && (long)sequence >= params->warm)
            before = usage_now();
        if ((long)sequence < params->warm)
            payload_check(&message, size, params->size, sequence);
        wrong += size != params->size || (long)sequence <= number;
        number = (long)sequence;
        share.taken++;
        share.sum += sequence;
        share.last = now_ns();
    }
    const struct usage after = usage_now();
    if (wrong > 0)
        fail("messages are not what was sent");
    say(params->address, &share, sizeof share);
    result_begin();
    result_usage(&before, &after, params->count); /* of all that were sent */
    result_end();
}

/* When the last message was taken; ends the process unless each was received once. */
static int64_t shared(const struct params* params) {
    const long sent = params->warm + params->count;
    const uint64_t numbers = (uint64_t)sent;
    struct share* shares = calloc((size_t)params->receivers, sizeof *shares);
    if (shares == NULL)
        fail("no memory");
    hear(params->address, params->receivers, shares, sizeof *shares);
    struct share all = {0};
    for (long i = 0; i < params->receivers; i++) {
        all.taken += shares[i].taken;
        all.sum += shares[i].sum;
        if (shares[i].last > all.last)
            all.last = shares[i].last;
    }
    free(shares);
    if (all.taken != sent || all.sum != numbers * (numbers - 1) / 2) {
        fprintf(stderr, "%ld messages were sent, %ld received%s\n", sent, all.taken,
                all.taken == sent ? ", but not each of them once" : "");
        exit(1);
    }
    return all.last;
}

/* Once all are there. Whoever has had its last one receives no more: so each gets one. */
void share_send(const struct params* params) {
    uint32_t sequence = 0;
    payload_fill(&message, params->size);
    message.type = MESSAGE;
    all_there(params->address, params->receivers);
    send_some(params, &sequence, params->warm);
    const struct usage before = usage_now();
    const int64_t begin = now_ns();
    send_some(params, &sequence, params->count);
    const struct usage after = usage_now();
    message.type = LAST;
    send_some(params, &sequence, params->receivers);
    transport_flush();
    const int64_t end = shared(params);
    result_begin();
    result_value("ns", (double)(end - begin) / (double)params->count);
    result_usage(&before, &after, params->count);
    result_end();
}
