/* A broadcast in shared memory, through the package's header for C; the form is "publish" or
 * "subscribe". As in drivers/fan-broadcast.ts. */
#define _GNU_SOURCE
#include "bench.h"
#include "names.h"

#include <errno.h>
#include <posix-ipc/broadcast.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST = 1 };

static struct posix_ipc_broadcast broadcast;
static struct posix_ipc_publisher publisher;
static struct posix_ipc_subscriber subscriber;
static int publishes, subscribes;

static void done(int error, const char* call) {
    errno = error;
    need(error == 0, call);
}

static void leave(void) {
    if (publishes)
        posix_ipc_publisher_close(&publisher);
    if (subscribes)
        posix_ipc_subscriber_close(&subscriber);
}

static void publish(void) {
    done(posix_ipc_publisher_open(&publisher, &broadcast), "posix_ipc_publisher_open");
    publisher.waiting = POSIX_IPC_CHANNEL_ADAPTIVE;
    publisher.together = publishes = 1;
}

static void subscribe(void) {
    done(posix_ipc_subscriber_open(&subscriber, &broadcast, POSIX_IPC_BROADCAST_OLDEST),
         "posix_ipc_subscriber_open");
    subscriber.waiting = POSIX_IPC_CHANNEL_ADAPTIVE;
    subscribes = 1;
}

void transport_open(const struct params* params) {
    char name[256];
    name_of(name, sizeof name, params->address, REQUEST);
    done(posix_ipc_broadcast_open(&broadcast, name), "posix_ipc_broadcast_open");
    atexit(leave); /* publishes what is not */
    if (strcmp(params->form, "subscribe") == 0)
        subscribe();
    else
        publish();
}

void transport_send(const struct message* message, size_t size) {
    done(posix_ipc_publisher_publish(&publisher, message->payload, (uint32_t)size, 0, NULL),
         "posix_ipc_publisher_publish");
}

size_t transport_receive(struct message* message, long type) {
    struct posix_ipc_broadcast_message found;
    (void)type;
    done(posix_ipc_subscriber_receive(&subscriber, message->payload, sizeof message->payload,
                                      &found, NULL),
         "posix_ipc_subscriber_receive");
    if (found.lost > 0)
        fail("messages are lost");
    return found.length;
}
