/* Unix datagram sockets: unix(7), SOCK_DGRAM. Each end has an address, and is connected to the
 * other's. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "packets.h"
#include "unix-socket.h"

/* Where we are: next to the sender. */
static const char* own_path(const char* path) {
    static char own[PATH_MAX];
    snprintf(own, sizeof own, "%s.receiver", path);
    return own;
}

void transport_open(const char* path) {
    const struct sockaddr_un own = address_of(own_path(path));
    connection = make_socket(SOCK_DGRAM);
    umask(0077); /* nobody else sends to us */
    if (bind(connection, (const struct sockaddr*)&own, sizeof own) == -1)
        err(EXIT_FAILURE, "bind %s", own.sun_path);
    connect_to(connection, path);
    /* An empty message tells the sender where we are. It connects to that, and removes both names.
     */
    if (send(connection, NULL, 0, 0) == -1)
        err(EXIT_FAILURE, "send");
}

void transport_remove(const char* path) {
    unlink(path);
    unlink(own_path(path));
}
