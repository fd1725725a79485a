/* System V semaphores. The address is the name of shared memory, a colon, and the set's identifier:
 * a semaphore for each slot. */
#include "slots.h"

#include <stdlib.h>
#include <sys/sem.h>

static struct slot* slots;
static int set;

void transport_open(const struct params* params) {
    const char* colon = strchr(params->address, ':');
    if (colon == NULL)
        fail("ADDRESS: NAME:ID");
    set = atoi(colon + 1);
    slots = slots_open(params->address);
}

static void operate(long number, short by) {
    struct sembuf operation = {.sem_num = (unsigned short)number, .sem_op = by};
    need(semop(set, &operation, 1) == 0, "semop");
}

void transport_send(const struct message* message, size_t size) {
    slot_put(&slots[message->type], message, size);
    operate(message->type, 1);
}

size_t transport_receive(struct message* message, long type) {
    operate(type, -1);
    return slot_take(&slots[type], message);
}

/* Form "": takes one and gives it back; "both": in one call. */
void transport_repeat(const struct params* params, long count) {
    if (strcmp(params->form, "both") == 0) {
        for (long i = 0; i < count; i++) {
            struct sembuf both[] = {{.sem_num = 0, .sem_op = -1}, {.sem_num = 0, .sem_op = 1}};
            need(semop(set, both, 2) == 0, "semop");
        }
    } else {
        for (long i = 0; i < count; i++) {
            operate(0, -1);
            operate(0, 1);
        }
    }
}
