/* One of the processes that increment: increment NUMBER PARENT. The layout is that of ledger.ts. */
#include <posix-ipc/lock.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { DESCRIPTOR = 3, SIZE = 4096, PROCESSES = 3, WORK = 100000 };

struct process {
    atomic_uint committed, recoveries, taken_back;
    unsigned unused[13];
};

struct ledger {
    struct posix_ipc_mutex mutex;
    atomic_uint counter, stop, who, counter_before, committed_before, halt, halted;
    unsigned unused[9];
    struct process processes[PROCESSES];
};

static void fail(const char* what) {
    perror(what);
    exit(1);
}

/* What the dead owner had not committed is taken back. Harmless if done twice. */
static void repair(struct ledger* ledger, struct process* self) {
    self->recoveries++;
    unsigned who = ledger->who;
    if (who == 0 || who > PROCESSES)
        return; /* it was not at work */
    if (ledger->processes[who - 1].committed == ledger->committed_before) {
        ledger->counter = ledger->counter_before;
        self->taken_back++;
    }
    ledger->who = 0;
}

/* The process may be killed anywhere in here. */
static void increment(struct ledger* ledger, unsigned number, pid_t parent) {
    struct process* self = &ledger->processes[number];
    int state = posix_ipc_mutex_lock(&ledger->mutex);
    if (state == EOWNERDEAD) {
        repair(ledger, self);
        posix_ipc_mutex_consistent(&ledger->mutex);
    } else if (state != 0) {
        errno = state;
        fail("lock");
    }
    unsigned counter = ledger->counter, committed = self->committed;
    ledger->counter_before = counter;
    ledger->committed_before = committed;
    ledger->who = number + 1;
    ledger->counter = counter + 1;
    for (volatile int turn = 0; turn < WORK; turn++)
        ;
    while (ledger->halt == number + 1 && getppid() == parent)
        ledger->halted = number + 1;
    self->committed = committed + 1;
    ledger->who = 0;
    if (posix_ipc_mutex_unlock(&ledger->mutex) != 0)
        fail("unlock");
}

int main(int argc, char** argv) {
    if (argc != 3)
        return 2;
    unsigned number = (unsigned)atoi(argv[1]);
    struct ledger* ledger = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, DESCRIPTOR, 0);
    if (ledger == MAP_FAILED || number >= PROCESSES)
        fail("the ledger");
    if (posix_ipc_mutex_check(&ledger->mutex) != 0)
        fail("the mutex");
    pid_t parent = atoi(argv[2]);
    do
        increment(ledger, number, parent);
    while (!ledger->stop && getppid() == parent);
    return 0;
}
