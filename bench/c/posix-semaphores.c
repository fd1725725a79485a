/* POSIX semaphores in shared memory. The address is the memory's name. */
#include "slots.h"

static struct slot* slots;

void transport_open(const struct params* params) {
    slots = slots_open(params->address);
}

void transport_send(const struct message* message, size_t size) {
    struct slot* slot = &slots[message->type];
    slot_put(slot, message, size);
    need(sem_post(&slot->semaphore) == 0, "sem_post");
}

size_t transport_receive(struct message* message, long type) {
    struct slot* slot = &slots[type];
    need(sem_wait(&slot->semaphore) == 0, "sem_wait");
    return slot_take(slot, message);
}

/* sem_trywait + sem_post; nobody else is there. */
void transport_repeat(const struct params* params, long count) {
    (void)params;
    sem_t* semaphore = &slots[0].semaphore;
    for (long i = 0; i < count; i++) {
        need(sem_trywait(semaphore) == 0, "sem_trywait");
        need(sem_post(semaphore) == 0, "sem_post");
    }
}
