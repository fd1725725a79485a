/* A mapped file: mmap(2) with MAP_SHARED, with named semaphores: sem_open(3). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bounded-buffer.h"

static sem_t* semaphores[SEMAPHORES];

static void semaphore_wait(enum semaphore which) {
    if (sem_wait(semaphores[which]) == -1)
        err(EXIT_FAILURE, "sem_wait");
}

static void semaphore_post(enum semaphore which) {
    if (sem_post(semaphores[which]) == -1)
        err(EXIT_FAILURE, "sem_post");
}

struct name {
    char text[NAME_MAX];
};

/* The semaphores are called /NAME.0 to /NAME.3, where the file is NAME in some folder. */
static struct name name_of(const char* file, int semaphore) {
    struct name name;
    snprintf(name.text, sizeof name.text, "%s.%d", strrchr(file, '/'), semaphore);
    return name;
}

static void open_semaphores(const char* file) {
    for (int i = 0; i < SEMAPHORES; i++) {
        const struct name name = name_of(file, i);
        semaphores[i] = sem_open(name.text, 0);
        if (semaphores[i] == SEM_FAILED)
            err(EXIT_FAILURE, "sem_open %s", name.text);
    }
}

void transport_open(const char* file) {
    int fd = open(file, O_RDWR | O_CLOEXEC);
    if (fd == -1)
        err(EXIT_FAILURE, "%s", file);
    buffers = mmap(NULL, sizeof *buffers, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (buffers == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    close(fd);
    open_semaphores(file);
    /* Both ends have everything now: without names it goes when they go, even if both are killed.
     */
    transport_remove(file);
}

void transport_remove(const char* file) {
    unlink(file);
    for (int i = 0; i < SEMAPHORES; i++)
        sem_unlink(name_of(file, i).text);
}
