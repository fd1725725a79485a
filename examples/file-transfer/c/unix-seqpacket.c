/* A Unix socket of sequenced packets: unix(7), SOCK_SEQPACKET. The sender listens. */
#define _GNU_SOURCE
#include <unistd.h>

#include "packets.h"
#include "unix-socket.h"

void transport_open(const char* path) {
    connection = make_socket(SOCK_SEQPACKET);
    connect_to(connection, path);
    /* Both ends have the connection now: nobody else needs the name. */
    unlink(path);
}

void transport_remove(const char* path) {
    unlink(path);
}
