/** Constants of pipe(7), splice(2) and fcntl(2). */

import { constants } from 'node:fs';

/** Writes of up to so many bytes are atomic. */
export const PIPE_BUF = 4096;

/** Close the descriptor on exec. */
export const O_CLOEXEC = 0o2000000;
/** pipe2: each write is a packet, each read takes one. Its number depends on the architecture. */
export const O_DIRECT = constants.O_DIRECT;

/** fcntl: set the capacity of a pipe. */
export const F_SETPIPE_SZ = 1031;
/** fcntl: the capacity of a pipe. */
export const F_GETPIPE_SZ = 1032;

/** Move pages instead of copying them, where that is possible. */
export const SPLICE_F_MOVE = 1;
/** Do not wait for the pipe. */
export const SPLICE_F_NONBLOCK = 2;
/** More data will follow. */
export const SPLICE_F_MORE = 4;
/** vmsplice: the pages are given away. */
export const SPLICE_F_GIFT = 8;
