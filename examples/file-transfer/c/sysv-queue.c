/* A System V message queue: msgrcv(2) and msgsnd(2) as in the man page. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#include "transport.h"

/* Selects the types 1 to 3, the lowest first: never an answer, which is of type 4. */
enum { FROM_SENDER = -3 };

struct message {
    long type;
    char data[];
};

static int msqid;
static size_t max_length;
static struct message* buffer;

/* No message is longer than msgmax. */
static size_t read_msgmax(void) {
    FILE* file = fopen("/proc/sys/kernel/msgmax", "r");
    size_t msgmax;
    if (file == NULL || fscanf(file, "%zu", &msgmax) != 1)
        err(EXIT_FAILURE, "/proc/sys/kernel/msgmax");
    fclose(file);
    return msgmax;
}

static int id_of(const char* address) {
    int id = -1;
    sscanf(address, "%d", &id);
    return id;
}

void transport_open(const char* address) {
    msqid = id_of(address);
    max_length = read_msgmax();
    buffer = malloc(sizeof *buffer + max_length);
    if (buffer == NULL)
        err(EXIT_FAILURE, "malloc");
}

size_t transport_receive(long* type, const char** data) {
    ssize_t length;
    do { /* a stop and SIGCONT end it with EINTR, without any handler: signal(7) */
        length = msgrcv(msqid, buffer, max_length, FROM_SENDER, 0);
    } while (length == -1 && errno == EINTR);
    if (length == -1)
        err(EXIT_FAILURE, "msgrcv");
    *type = buffer->type;
    *data = buffer->data;
    return (size_t)length;
}

void transport_send(long type, const void* data, size_t length) {
    if (length > max_length)
        errx(EXIT_FAILURE, "%zu bytes are more than msgmax", length);
    buffer->type = type;
    memcpy(buffer->data, data, length);
    while (msgsnd(msqid, buffer, length, 0) == -1)
        if (errno != EINTR)
            err(EXIT_FAILURE, "msgsnd");
}

void transport_remove(const char* address) {
    msgctl(id_of(address), IPC_RMID, NULL);
}
