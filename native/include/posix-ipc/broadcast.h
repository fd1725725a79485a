/* The broadcast of posix-ipc, for C and C++: as lock.h, which it includes.
 *
 *     #include <posix-ipc/broadcast.h>
 *
 *     struct posix_ipc_broadcast broadcast;
 *     struct posix_ipc_publisher publisher;
 *     int error = posix_ipc_broadcast_open(&broadcast, "/prices");
 *     if (error == 0)
 *         error = posix_ipc_publisher_open(&publisher, &broadcast);
 *     if (error == 0)
 *         error = posix_ipc_publisher_publish(&publisher, "100.25", 6, 1, NULL);
 *
 *     struct posix_ipc_broadcast_message message; // and in other processes
 *     error = posix_ipc_subscriber_open(&subscriber, &broadcast, POSIX_IPC_BROADCAST_OLDEST);
 *     while (posix_ipc_subscriber_receive(&subscriber, bytes, sizeof bytes, &message, NULL) == 0)
 *         use(message.type, bytes, message.length, message.lost);
 *
 * The layout and the protocol: docs/broadcast.md. Each function answers 0 or an errno; what waits
 * takes an instant of CLOCK_MONOTONIC, NULL for ever. A publisher, and a subscriber that the
 * publisher waits for, is used and closed by the thread that has opened it; when that thread ends,
 * so does its role. Define _GNU_SOURCE where the compiler does not. */
#ifndef POSIX_IPC_BROADCAST_H
#define POSIX_IPC_BROADCAST_H

#include <posix-ipc/broadcast_publisher.h>
#include <posix-ipc/broadcast_subscriber.h>

#endif
