/*
 * Two channels in shared memory, one for each direction, as in ../transports/channel.ts.
 *
 * A transport includes this, and receives.
 */
#ifndef CHANNELS_H
#define CHANNELS_H

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <posix-ipc/channel.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "transport.h"
#include "two-ways.h"

static struct posix_ipc_channel there, back;
static struct posix_ipc_channel_end receiver, sender; /* set by transport_open */

static void check(int error, const char* what) {
    if (error != 0) {
        errno = error;
        err(EXIT_FAILURE, "%s", what);
    }
}

void transport_open(const char* address) {
    const struct names names = names_of(address);
    check(posix_ipc_channel_open(&there, names.there), names.there);
    check(posix_ipc_channel_open(&back, names.back), names.back);
    /* Both ends have them now: without names they go when the ends go, even if both are killed. */
    transport_remove(address);
    check(posix_ipc_receiver_open(&receiver, &there), "receiver");
    check(posix_ipc_sender_open(&sender, &back), "sender");
}

void transport_send(long type, const void* data, size_t length) {
    check(posix_ipc_sender_send(&sender, data, (uint32_t)length, (uint32_t)type, NULL), "send");
}

void transport_remove(const char* address) {
    const struct names names = names_of(address);
    shm_unlink(names.there);
    shm_unlink(names.back);
}

#endif
