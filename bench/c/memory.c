/* Shared memory: made, mapped, closed, and its name taken away. The address is a free name. */
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

static void use(unsigned char* memory, int touched) {
    if (touched)
        memory[0] = 1;
}

static void map(int fd, size_t size, int touched) {
    void* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    need(memory != MAP_FAILED, "mmap");
    use(memory, touched);
    munmap(memory, size);
    close(fd);
}

static void posix_once(const struct params* params, int touched) {
    const int fd = shm_open(params->address, O_RDWR | O_CREAT | O_EXCL, 0600);
    need(fd >= 0, "shm_open");
    need(posix_fallocate(fd, 0, (off_t)params->size) == 0, "posix_fallocate");
    map(fd, params->size, touched);
    need(shm_unlink(params->address) == 0, "shm_unlink");
}

static void memfd_once(const struct params* params, int touched) {
    const int fd = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    need(fd >= 0, "memfd_create");
    need(posix_fallocate(fd, 0, (off_t)params->size) == 0, "posix_fallocate");
    need(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0, "F_ADD_SEALS"); /* as memory.memfd does */
    map(fd, params->size, touched);
}

static void sysv_once(const struct params* params, int touched) {
    const int id = shmget(IPC_PRIVATE, params->size, IPC_CREAT | IPC_EXCL | 0600);
    need(id >= 0, "shmget");
    void* memory = shmat(id, NULL, 0);
    need(shmctl(id, IPC_RMID, NULL) == 0, "shmctl");
    need(memory != (void*)-1, "shmat");
    use(memory, touched);
    shmdt(memory);
}

static const struct {
    const char* name;
    void (*once)(const struct params* params, int touched);
} forms[] = {{"posix", posix_once}, {"memfd", memfd_once}, {"sysv", sysv_once}};

/* The form is one of these names, and ", touched" if the first byte is to be written. */
void transport_repeat(const struct params* params, long count) {
    const size_t length = strcspn(params->form, ",");
    const int touched = params->form[length] != 0;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (strlen(forms[i].name) != length || strncmp(params->form, forms[i].name, length) != 0)
            continue;
        for (long done = 0; done < count; done++)
            forms[i].once(params, touched);
        return;
    }
    fail("no such FORM");
}
