/* Futex words in shared memory, whose name is the address. A word counts the messages of its type.
 *
 * Form "loop": what is received wakes a thread, which wakes an event loop through an eventfd. */
#define _GNU_SOURCE
#include "slots.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

enum { MAX_TYPES = 2048 };

static struct slot* slots;
static unsigned seen[MAX_TYPES];
static int has_loop, loop, bell;
static long watched;

static void wait_for_next(long type) {
    atomic_uint* word = &slots[type].word;
    while (atomic_load(word) == seen[type])
        syscall(SYS_futex, word, FUTEX_WAIT, seen[type], NULL, NULL, 0);
    seen[type]++;
}

static void* ring(void* unused) {
    const uint64_t one = 1;
    for (;;) {
        wait_for_next(watched);
        need(write(bell, &one, sizeof one) == sizeof one, "write");
    }
    return unused;
}

static void loop_begin(long type) {
    struct epoll_event event = {.events = EPOLLIN};
    pthread_t thread;
    bell = eventfd(0, EFD_CLOEXEC);
    loop = epoll_create1(EPOLL_CLOEXEC);
    need(bell >= 0 && loop >= 0, "eventfd");
    need(epoll_ctl(loop, EPOLL_CTL_ADD, bell, &event) == 0, "epoll_ctl");
    watched = type;
    need(pthread_create(&thread, NULL, ring, NULL) == 0, "pthread_create");
}

static void loop_turn(long type) {
    struct epoll_event event;
    uint64_t rings;
    if (watched == 0)
        loop_begin(type);
    need(epoll_wait(loop, &event, 1, -1) == 1, "epoll_wait");
    need(read(bell, &rings, sizeof rings) == sizeof rings, "read");
}

void transport_open(const struct params* params) {
    slots = slots_open(params->address);
    has_loop = strcmp(params->form, "loop") == 0;
}

void transport_send(const struct message* message, size_t size) {
    struct slot* slot = &slots[message->type];
    slot_put(slot, message, size);
    atomic_fetch_add(&slot->word, 1);
    need(syscall(SYS_futex, &slot->word, FUTEX_WAKE, 1, NULL, NULL, 0) >= 0, "futex");
}

size_t transport_receive(struct message* message, long type) {
    if (type >= MAX_TYPES)
        fail("too many types");
    if (has_loop)
        loop_turn(type);
    else
        wait_for_next(type);
    return slot_take(&slots[type], message);
}
