/* Unix sockets; the form says of which type. The address is a prefix, then a colon and the size of
 * a message: a stream of bytes has no bounds of its own.
 *
 * Datagrams of a type go to a socket that is bound to the prefix, a dot and the type. Of seqpacket
 * and stream sockets each program has inherited an end of a pair. */
#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SEQPACKET = 3, STREAM = 4, TYPES = 3 };

static const char* prefix;
static int prefix_length;
static size_t message_size;
static int is_stream;
static int incoming[TYPES], outgoing[TYPES];

void transport_open(const struct params* params) {
    const char* colon = strrchr(params->address, ':');
    need(colon != NULL, "the address");
    prefix = params->address;
    prefix_length = (int)(colon - params->address);
    message_size = (size_t)atol(colon + 1);
    is_stream = strcmp(params->form, "stream") == 0;
    const int is_seqpacket = strcmp(params->form, "seqpacket") == 0;
    for (int type = 0; type < TYPES && (is_stream || is_seqpacket); type++)
        incoming[type] = outgoing[type] = is_stream ? STREAM : SEQPACKET;
}

static struct sockaddr_un address_of(long type) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.*s.%ld", prefix_length, prefix, type);
    return address;
}

static int datagram_socket(void) {
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    need(fd >= 0, "socket");
    return fd;
}

static int bound(long type) {
    const struct sockaddr_un address = address_of(type);
    const int fd = datagram_socket();
    need(bind(fd, (const struct sockaddr*)&address, sizeof address) == 0, "bind");
    return fd;
}

/* The other program may not be there yet. */
static int connected(long type) {
    const struct sockaddr_un address = address_of(type);
    const int fd = datagram_socket();
    while (connect(fd, (const struct sockaddr*)&address, sizeof address) != 0) {
        need(errno == ENOENT || errno == ECONNREFUSED, "connect");
        usleep(1000);
    }
    return fd;
}

void transport_send(const struct message* message, size_t size) {
    int* const fd = &outgoing[message->type];
    if (*fd == 0)
        *fd = connected(message->type);
    for (size_t done = 0; done < size;) {
        const ssize_t count = send(*fd, message->payload + done, size - done, MSG_NOSIGNAL);
        need(count > 0, "send");
        done += (size_t)count;
    }
}

static int incoming_of(long type) {
    if (incoming[type] == 0)
        incoming[type] = bound(type);
    return incoming[type];
}

int transport_ready(long type) {
    struct pollfd wanted = {.fd = incoming_of(type), .events = POLLIN};
    return poll(&wanted, 1, 0) > 0;
}

/* Type 0 is the stream, which is of type 1. */
size_t transport_receive(struct message* message, long type) {
    const int fd = incoming_of(type == 0 ? 1 : type);
    const size_t room = is_stream ? message_size : MAX_PAYLOAD;
    size_t done = 0;
    do {
        const ssize_t count = recv(fd, message->payload + done, room - done, 0);
        need(count > 0, "recv");
        done += (size_t)count;
    } while (is_stream && done < message_size);
    return done;
}
