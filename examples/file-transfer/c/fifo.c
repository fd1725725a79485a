/* Two FIFOs, one for each direction: fifo(7). */
#define _GNU_SOURCE
#include <fcntl.h>

#include "byte-stream.h"
#include "two-ways.h"

/* Waits until the sender has opened the other end. */
static int open_end(const char* path, int access) {
    int fd = open(path, access | O_CLOEXEC);
    if (fd == -1)
        err(EXIT_FAILURE, "open %s", path);
    return fd;
}

void transport_open(const char* path) {
    const struct names names = names_of(path);
    in = open_end(names.there, O_RDONLY);
    out = open_end(names.back, O_WRONLY);
    /* Both ends have everything now: without names it goes when they go, even if both are killed.
     */
    transport_remove(path);
}

void transport_remove(const char* path) {
    const struct names names = names_of(path);
    unlink(names.there);
    unlink(names.back);
}
