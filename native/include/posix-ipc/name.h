/* The name of a temporary channel or broadcast: it goes with the last one who has it open. The
 * protocol: docs/channel.md. Each function answers 0 or an errno. */
#ifndef POSIX_IPC_NAME_H
#define POSIX_IPC_NAME_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* With the slash: 255 bytes of a name, and two more. */
#define POSIX_IPC_NAME_BYTES 258

/* How often, a millisecond apart, who opens asks for the lock: who removes a name has it for some
 * microseconds. */
#define POSIX_IPC_NAME_TRIES 1000

/* The path of a name; 'x' is '/x': 0, or ENAMETOOLONG. */
static inline int posix_ipc_name_path(const char* name, char path[POSIX_IPC_NAME_BYTES]) {
    const char* slash = name[0] == '/' ? "" : "/";
    const int length = snprintf(path, POSIX_IPC_NAME_BYTES, "%s%s", slash, name);
    return length < POSIX_IPC_NAME_BYTES ? 0 : ENAMETOOLONG;
}

/* A name that somebody uses. */
struct posix_ipc_name {
    int fd; /* of the object, with a shared lock; -1: none is used */
    char path[POSIX_IPC_NAME_BYTES];
};

/* Whoever has opened the object has it in use, until the descriptor is closed: 0; EBUSY: somebody
 * has had an exclusive lock for a second. Errors: flock(2). */
static inline int posix_ipc_name_hold(int fd) {
    for (int i = 0; flock(fd, LOCK_SH | LOCK_NB) != 0; i++) {
        const struct timespec pause = {0, 1000000};
        if (errno != EWOULDBLOCK && errno != EINTR)
            return errno;
        if (i >= POSIX_IPC_NAME_TRIES)
            return EBUSY;
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* Whether it still has a name, for who has it in use since: 0, or ENOENT: the last one has removed
 * it meanwhile. */
static inline int posix_ipc_name_is_there(int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0)
        return errno;
    return status.st_nlink > 0 ? 0 : ENOENT;
}

/* Uses a name that an object has, or is going to have, through that descriptor, which is taken
 * over: 0; or else it is not. */
static inline int posix_ipc_name_begin(struct posix_ipc_name* name, int fd, const char* text) {
    name->fd = -1;
    int error = posix_ipc_name_path(text, name->path);
    if (error == 0)
        error = posix_ipc_name_hold(fd);
    if (error == 0)
        name->fd = fd;
    return error;
}

/* The same of an object that was just opened by its name. ENOENT: the last one has removed that
 * meanwhile. EBUSY: as above. */
static inline int posix_ipc_name_join(struct posix_ipc_name* name, int fd, const char* text) {
    int error = posix_ipc_name_begin(name, fd, text);
    if (error == 0)
        error = posix_ipc_name_is_there(fd);
    if (error != 0)
        name->fd = -1;
    return error;
}

/* Whether the name leads to this object. It may be a FIFO's by now, whose open would wait for a
 * writer. */
static inline int posix_ipc_name_leads_here(const struct posix_ipc_name* name) {
    struct stat mine, there;
    const int found = shm_open(name->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
    if (found < 0)
        return 0;
    const int known = fstat(name->fd, &mine) == 0 && fstat(found, &there) == 0;
    close(found);
    return known && mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

/* Uses it no more, and removes it if nobody else does. Where it leads to another object meanwhile,
 * that one keeps it. */
static inline void posix_ipc_name_leave(struct posix_ipc_name* name) {
    if (name->fd < 0)
        return;
    if (flock(name->fd, LOCK_EX | LOCK_NB) == 0 && posix_ipc_name_leads_here(name))
        shm_unlink(name->path);
    close(name->fd);
    name->fd = -1;
}

#ifdef __cplusplus
}
#endif

#endif
