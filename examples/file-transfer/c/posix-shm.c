/* POSIX shared memory: shm_open(3), with unnamed semaphores in it: sem_init(3). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bounded-buffer.h"

struct shared {
    sem_t semaphores[SEMAPHORES]; /* the sender has called sem_init */
    struct buffers buffers;
};

static struct shared* shared;

static void semaphore_wait(enum semaphore which) {
    if (sem_wait(&shared->semaphores[which]) == -1)
        err(EXIT_FAILURE, "sem_wait");
}

static void semaphore_post(enum semaphore which) {
    if (sem_post(&shared->semaphores[which]) == -1)
        err(EXIT_FAILURE, "sem_post");
}

void transport_open(const char* name) {
    int fd = shm_open(name, O_RDWR, 0);
    if (fd == -1)
        err(EXIT_FAILURE, "shm_open %s", name);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    close(fd);
    buffers = &shared->buffers;
    /* Both ends have it now: without its name it goes when they go, even if both are killed. */
    transport_remove(name);
}

void transport_remove(const char* name) {
    shm_unlink(name);
}
