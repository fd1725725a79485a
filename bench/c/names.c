#define _GNU_SOURCE
#include "names.h"

#include <stdio.h>
#include <string.h>

void name_of(char* name, size_t size, const char* address, long type) {
    const size_t length = strcspn(address, ":");
    const char* slash = memrchr(address, '/', length);
    const char* begin = slash == NULL ? address : slash + 1;
    snprintf(name, size, "/%.*s-%ld", (int)(address + length - begin), begin, type);
}
