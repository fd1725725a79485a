/*
 * Memory that is passed on: each message is a memfd, memfd_create(2), whose descriptor comes over a
 * Unix socket: SCM_RIGHTS in unix(7). What the socket itself carries is the type. We have inherited
 * our end of it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transport.h"

static int connection;

/* A type, and room for a descriptor. */
struct parcel {
    uint32_t type;
    struct iovec part;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr message;
};

static void prepare(struct parcel* parcel) {
    memset(parcel, 0, sizeof *parcel);
    parcel->part = (struct iovec){&parcel->type, sizeof parcel->type};
    parcel->message.msg_iov = &parcel->part;
    parcel->message.msg_iovlen = 1;
    parcel->message.msg_control = &parcel->control;
    parcel->message.msg_controllen = sizeof parcel->control;
}

void transport_open(const char* address) {
    connection = atoi(address);
}

static int receive_descriptor(long* type) {
    struct parcel parcel;
    prepare(&parcel);
    ssize_t size = recvmsg(connection, &parcel.message, MSG_CMSG_CLOEXEC);
    if (size == -1)
        err(EXIT_FAILURE, "recvmsg");
    if (size == 0)
        errx(EXIT_FAILURE, "the sender is gone");
    const struct cmsghdr* rights = CMSG_FIRSTHDR(&parcel.message);
    if (size != sizeof parcel.type || rights == NULL || rights->cmsg_type != SCM_RIGHTS)
        errx(EXIT_FAILURE, "a message came without a descriptor");
    int fd;
    memcpy(&fd, CMSG_DATA(rights), sizeof fd);
    *type = parcel.type;
    return fd;
}

/* Sealed memory stays as it is: nobody changes what we have hashed, or cuts it off while we read.
 */
static size_t sealed_length(int fd) {
    const int wanted = F_SEAL_WRITE | F_SEAL_SHRINK;
    struct stat status;
    if ((fcntl(fd, F_GET_SEALS) & wanted) != wanted)
        errx(EXIT_FAILURE, "the memory is not sealed");
    if (fstat(fd, &status) == -1)
        err(EXIT_FAILURE, "fstat");
    return (size_t)status.st_size;
}

size_t transport_receive(long* type, const char** data) {
    static void* memory;
    static size_t length;

    if (memory != NULL)
        munmap(memory, length);
    int fd = receive_descriptor(type);
    length = sealed_length(fd);
    memory = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (memory == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    close(fd);
    *data = memory;
    return length;
}

static int make_memory(const void* data, size_t length) {
    int fd = memfd_create("answer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd == -1)
        err(EXIT_FAILURE, "memfd_create");
    if (write(fd, data, length) != (ssize_t)length)
        err(EXIT_FAILURE, "write");
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == -1)
        err(EXIT_FAILURE, "fcntl");
    return fd;
}

void transport_send(long type, const void* data, size_t length) {
    int fd = make_memory(data, length);
    struct parcel parcel;
    prepare(&parcel);
    parcel.type = (uint32_t)type;
    struct cmsghdr* rights = CMSG_FIRSTHDR(&parcel.message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    if (sendmsg(connection, &parcel.message, 0) == -1)
        err(EXIT_FAILURE, "sendmsg");
    close(fd);
}

/* Neither the memory nor the socket has a name: they go with their last descriptors. */
void transport_remove(const char* address) {
    (void)address;
}
