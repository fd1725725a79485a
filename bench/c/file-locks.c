/* Locks of a whole file, which nobody else wants. The address is its path; the form is the kind. */
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

static int fd;

void transport_open(const struct params* params) {
    fd = open(params->address, O_RDWR | O_CLOEXEC);
    need(fd >= 0, "open");
}

static void record(int cmd, short type) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    need(fcntl(fd, cmd, &lock) == 0, "fcntl");
}

void transport_repeat(const struct params* params, long count) {
    const int cmd = strcmp(params->form, "ofd") == 0 ? F_OFD_SETLK : F_SETLK;
    if (strcmp(params->form, "flock") == 0) {
        for (long i = 0; i < count; i++) {
            need(flock(fd, LOCK_EX | LOCK_NB) == 0, "flock");
            need(flock(fd, LOCK_UN) == 0, "flock");
        }
        return;
    }
    for (long i = 0; i < count; i++) {
        record(cmd, F_WRLCK);
        record(cmd, F_UNLCK);
    }
}
