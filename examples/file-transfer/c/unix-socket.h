/* A Unix socket whose address is a path: unix(7). */
#ifndef UNIX_SOCKET_H
#define UNIX_SOCKET_H

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static inline struct sockaddr_un address_of(const char* path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        errx(EXIT_FAILURE, "%s is too long for an address", path);
    strcpy(address.sun_path, path);
    return address;
}

static inline int make_socket(int type) {
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd == -1)
        err(EXIT_FAILURE, "socket");
    return fd;
}

static inline void connect_to(int fd, const char* path) {
    const struct sockaddr_un address = address_of(path);
    if (connect(fd, (const struct sockaddr*)&address, sizeof address) == -1)
        err(EXIT_FAILURE, "connect %s", path);
}

#endif
