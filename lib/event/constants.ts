/** Constants of eventfd(2). */

/** Each read takes 1. */
export const EFD_SEMAPHORE = 0o1;
/** No call waits (O_NONBLOCK). */
export const EFD_NONBLOCK = 0o4000;
/** Close the descriptor on exec. */
export const EFD_CLOEXEC = 0o2000000;
