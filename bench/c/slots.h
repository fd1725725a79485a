/* Shared memory beside what wakes: a slot for each type of message. As in core/slots.ts. */
#ifndef SLOTS_H
#define SLOTS_H

#include "bench.h"

#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOT_ROOM = 60 };

struct slot {
    union {
        sem_t semaphore;
        atomic_uint word;
        unsigned char line[64];
    };
    uint32_t length;
    unsigned char payload[SLOT_ROOM];
};

/* `name` ends with the string, or with a colon. */
static inline struct slot* slots_open(const char* name) {
    char path[256] = "";
    struct stat status;
    strncat(path, name, strcspn(name, ":"));
    const int fd = shm_open(path, O_RDWR, 0);
    need(fd >= 0 && fstat(fd, &status) == 0, "shm_open");
    struct slot* slots =
        mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    need(slots != MAP_FAILED, "mmap");
    close(fd);
    return slots;
}

static inline void slot_put(struct slot* slot, const struct message* message, size_t size) {
    if (size > SLOT_ROOM)
        fail("too long for a slot");
    slot->length = (uint32_t)size;
    memcpy(slot->payload, message->payload, size);
}

static inline size_t slot_take(const struct slot* slot, struct message* message) {
    const size_t size = slot->length;
    if (size > SLOT_ROOM)
        fail("a slot is damaged");
    memcpy(message->payload, slot->payload, size);
    return size;
}

#endif
