/* One process sends each message to many, once all of them are there: each is a file beside the
 * address. As scenarios/fan-out.ts. */
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char* folder_of(const struct params* params) {
    static char address[1024];
    need(snprintf(address, sizeof address, "%s", params->address) < (int)sizeof address,
         "the address");
    return dirname(address);
}

static long files_in(const char* folder) {
    long count = 0;
    DIR* listed = opendir(folder);
    need(listed != NULL, "opendir");
    for (const struct dirent* entry; (entry = readdir(listed)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(listed);
    return count;
}

void fan_out_send(const struct params* params) {
    const char* folder = folder_of(params);
    while (files_in(folder) < params->receivers)
        usleep(1000);
    stream_send(params);
}

void fan_out_receive(const struct params* params) {
    char file[1200];
    snprintf(file, sizeof file, "%s/%ld", folder_of(params), (long)getpid());
    const int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    need(fd >= 0, "open");
    close(fd);
    stream_receive(params);
}
