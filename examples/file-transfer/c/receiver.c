/*
 * The C receiver: takes a file that arrives as typed messages, and answers with its own SHA-256.
 * It does what ../receiver.ts does, and shares no code with it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sha256.h"
#include "transport.h"

/* The same numbers as in ../protocol.ts. */
enum { HEADER = 1, DATA = 2, END = 3, ANSWER = 4 };

static const char* address;
static bool done;

/* However we fail: perhaps nobody else is there to remove it. */
static void clean_up(void) {
    if (!done)
        transport_remove(address);
}

static void* await_death(void* death) {
    int signal_number;
    sigwait(death, &signal_number);
    transport_remove(address);
    _exit(EXIT_FAILURE);
}

/* Nobody else would remove what a killed sender leaves behind. The signal of its death comes to a
 * thread that waits for it: a handler could call next to nothing. */
static void outlive_nobody(pid_t sender) {
    static sigset_t death;
    pthread_t thread;
    sigemptyset(&death);
    sigaddset(&death, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &death, NULL);
    if (pthread_create(&thread, NULL, await_death, &death) != 0)
        errx(EXIT_FAILURE, "there is no room for a thread");
    if (prctl(PR_SET_PDEATHSIG, SIGUSR1) == -1)
        err(EXIT_FAILURE, "prctl");
    if (getppid() != sender) /* it died before: no signal will come */
        kill(getpid(), SIGUSR1);
}

static void answer(const char* text) {
    transport_send(ANSWER, text, strlen(text));
}

/* The header is text, "SIZE NAME"; only the size matters here. */
static uint64_t receive_header(void) {
    long type;
    const char* data;
    size_t length = transport_receive(&type, &data);
    if (type != HEADER)
        errx(EXIT_FAILURE, "expected a header, got a message of type %ld", type);

    char text[24];
    snprintf(text, sizeof text, "%.*s", (int)length, data);
    char* end;
    uint64_t size = strtoull(text, &end, 10);
    if (end == text || *end != ' ')
        errx(EXIT_FAILURE, "the header does not begin with a size: %s", text);
    return size;
}

int main(int argc, char* argv[]) {
    if (argc != 3)
        errx(EXIT_FAILURE, "usage: receiver ADDRESS SENDER_PID");
    address = argv[1];
    atexit(clean_up);
    outlive_nobody(atoi(argv[2]));
    signal(SIGPIPE, SIG_IGN); /* to fail at a write, and clean up */
    transport_open(address);
    answer("ready");

    const uint64_t size = receive_header();
    struct sha256 hash;
    sha256_init(&hash);
    long type;
    const char* data;
    size_t length;
    while (length = transport_receive(&type, &data), type == DATA)
        sha256_update(&hash, data, length);
    if (type != END)
        errx(EXIT_FAILURE, "expected data or an end, got a message of type %ld", type);

    const uint64_t received = hash.length;
    char digest[SHA256_HEX + 1];
    sha256_final(&hash, digest);
    /* The end carries the sender's digest. */
    const bool equal =
        received == size && length == SHA256_HEX && memcmp(data, digest, SHA256_HEX) == 0;

    char verdict[16 + sizeof digest];
    snprintf(verdict, sizeof verdict, "%s %s", equal ? "equal" : "different", digest);
    answer(verdict);
    done = true;
    return EXIT_SUCCESS;
}
