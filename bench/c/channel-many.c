/* One channel with several senders or several receivers, through the package's header for C; the
 * type of a message is its own. As drivers/channel-many.ts. */
#define _GNU_SOURCE
#include "bench.h"
#include "names.h"

#include <posix-ipc/channel.h>
#include <stdlib.h>

enum { REQUEST = 1 };

static struct posix_ipc_channel channel;
static struct posix_ipc_channel_end sender, receiver;

static void done(int error, const char* call) {
    errno = error;
    need(error == 0, call);
}

static void leave(void) {
    if (sender.ring != NULL)
        posix_ipc_sender_close(&sender);
    if (receiver.ring != NULL)
        posix_ipc_receiver_close(&receiver);
}

void transport_open(const struct params* params) {
    char name[256];
    name_of(name, sizeof name, params->address, REQUEST);
    done(posix_ipc_channel_open(&channel, name), "posix_ipc_channel_open");
    atexit(leave); /* publishes what is not */
}

void transport_send(const struct message* message, size_t size) {
    if (sender.ring == NULL) {
        done(posix_ipc_sender_open(&sender, &channel), "posix_ipc_sender_open");
        sender.waiting = POSIX_IPC_CHANNEL_ADAPTIVE;
        sender.together = 1;
    }
    done(posix_ipc_sender_send(&sender, message->payload, (uint32_t)size, (uint32_t)message->type,
                               NULL),
         "posix_ipc_sender_send");
}

void transport_flush(void) {
    posix_ipc_sender_flush(&sender);
}

size_t transport_receive(struct message* message, long type) {
    struct posix_ipc_channel_message found;
    (void)type;
    if (receiver.ring == NULL) {
        done(posix_ipc_receiver_open(&receiver, &channel), "posix_ipc_receiver_open");
        receiver.waiting = POSIX_IPC_CHANNEL_ADAPTIVE;
    }
    done(posix_ipc_receiver_receive(&receiver, message->payload, sizeof message->payload, &found,
                                    NULL),
         "posix_ipc_receiver_receive");
    message->type = (long)found.type;
    return found.length;
}
