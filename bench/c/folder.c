#include "folder.h"
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What somebody says is written under another name, then gets this one: it is there as a whole. */
static const char SAID[] = ".said", SAYING[] = ".saying";

enum { PAUSE_US = 1000 };

static const char* folder_of(const char* address) {
    static char text[1024];
    need(snprintf(text, sizeof text, "%s", address) < (int)sizeof text, "the address");
    return dirname(text);
}

static void file_of(char* file, size_t size, const char* address, const char* ending) {
    const int length = snprintf(file, size, "%s/%ld%s", folder_of(address), (long)getpid(), ending);
    need(length < (int)size, "the address");
}

static void write_file(const char* file, const void* data, size_t size) {
    const int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    need(fd >= 0, "open");
    need(write(fd, data, size) == (ssize_t)size, "write");
    close(fd);
}

void arrive(const char* address) {
    char file[1200];
    file_of(file, sizeof file, address, "");
    write_file(file, "", 0);
}

/* How many are there, and how many of them have smaller numbers than this one. */
static long present(const char* address, long* before) {
    long count = 0;
    DIR* listed = opendir(folder_of(address));
    need(listed != NULL, "opendir");
    *before = 0;
    for (const struct dirent* entry; (entry = readdir(listed)) != NULL;) {
        if (strchr(entry->d_name, '.') != NULL)
            continue;
        count++;
        *before += atol(entry->d_name) < (long)getpid();
    }
    closedir(listed);
    return count;
}

long all_there(const char* address, long count) {
    long before;
    while (present(address, &before) < count)
        usleep(PAUSE_US);
    return before;
}

void say(const char* address, const void* word, size_t size) {
    char file[1200], whole[1200];
    file_of(file, sizeof file, address, SAYING);
    file_of(whole, sizeof whole, address, SAID);
    write_file(file, word, size);
    need(rename(file, whole) == 0, "rename");
}

static void read_file(const char* folder, const char* name, void* data, size_t size) {
    char file[1400];
    need(snprintf(file, sizeof file, "%s/%s", folder, name) < (int)sizeof file, "the address");
    const int fd = open(file, O_RDONLY | O_CLOEXEC);
    need(fd >= 0, "open");
    need(read(fd, data, size) == (ssize_t)size, "read");
    close(fd);
}

/* How many have said something; of the first ones it is read. */
static long heard(const char* folder, long count, unsigned char* words, size_t size) {
    long found = 0;
    DIR* listed = opendir(folder);
    need(listed != NULL, "opendir");
    for (const struct dirent* entry; (entry = readdir(listed)) != NULL;) {
        const char* dot = strchr(entry->d_name, '.');
        if (dot == NULL || strcmp(dot, SAID) != 0)
            continue;
        if (found < count)
            read_file(folder, entry->d_name, words + (size_t)found * size, size);
        found++;
    }
    closedir(listed);
    return found;
}

void hear(const char* address, long count, void* words, size_t size) {
    while (heard(folder_of(address), count, words, size) < count)
        usleep(PAUSE_US);
}
