/* Names in shared memory, by the address of a row and a type of message: as in core/channels.ts. */
#ifndef NAMES_H
#define NAMES_H

#include <stddef.h>

/* The last component of the address, to its colon if it has one, a hyphen, and the type. */
void name_of(char* name, size_t size, const char* address, long type);

#endif
