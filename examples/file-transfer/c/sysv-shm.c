/* System V shared memory: shmget(2), with a set of semaphores: semget(2). */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "bounded-buffer.h"

static int semid;

/* A stop and SIGCONT end a semop that waits with EINTR, without any handler: signal(7). */
static void operate(struct sembuf operation) {
    while (semop(semid, &operation, 1) == -1)
        if (errno != EINTR)
            err(EXIT_FAILURE, "semop");
}

static void semaphore_wait(enum semaphore which) {
    operate((struct sembuf){.sem_num = (unsigned short)which, .sem_op = -1});
}

static void semaphore_post(enum semaphore which) {
    operate((struct sembuf){.sem_num = (unsigned short)which, .sem_op = 1});
}

struct ids {
    int shmid;
    int semid;
};

static struct ids ids_of(const char* address) {
    struct ids ids = {-1, -1};
    sscanf(address, "%d %d", &ids.shmid, &ids.semid);
    return ids;
}

/* The sender has removed the segment already: it goes with its last attachment, and until then
 * Linux lets us attach it by its id. */
void transport_open(const char* address) {
    const struct ids ids = ids_of(address);
    semid = ids.semid;
    buffers = shmat(ids.shmid, NULL, 0);
    if (buffers == (void*)-1)
        err(EXIT_FAILURE, "there is no segment %d to attach", ids.shmid);
}

/* The set has to be removed: it knows no last user. */
void transport_remove(const char* address) {
    semctl(ids_of(address).semid, 0, IPC_RMID);
}
