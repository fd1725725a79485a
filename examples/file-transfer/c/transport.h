/* What receiver.c needs of a transport. One .c file per transport implements it; a failure ends the
 * program. */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <stddef.h>

/* Opens what the sender made; `address` is what the sender calls it. */
void transport_open(const char* address);

/* Waits for the next message from the sender. `*data` stays valid until the next call. Returns the
 * length. */
size_t transport_receive(long* type, const char** data);

void transport_send(long type, const void* data, size_t length);

/* Destroys what the sender made, in the kernel and in the file system, whether it was opened or
 * not, and whether it is still there or not. */
void transport_remove(const char* address);

#endif
