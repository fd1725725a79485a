/* A Unix stream socket: unix(7), SOCK_STREAM. The sender listens. */
#define _GNU_SOURCE
#include "byte-stream.h"
#include "unix-socket.h"

void transport_open(const char* path) {
    in = out = make_socket(SOCK_STREAM);
    connect_to(in, path);
    /* Both ends have the connection now: nobody else needs the name. */
    unlink(path);
}

void transport_remove(const char* path) {
    unlink(path);
}
