/** Constants of fcntl(2), flock(2), lockf(3) and lseek(2). */

/** A shared lock: needs a descriptor that can be read. */
export const F_RDLCK = 0;
/** An exclusive lock: needs a descriptor that can be written. */
export const F_WRLCK = 1;
/** No lock. */
export const F_UNLCK = 2;

/** fcntl: the first POSIX lock, or OFD lock, that is in the way. */
export const F_GETLK = 5;
/** fcntl: take or release a lock of this process, or fail with EAGAIN. */
export const F_SETLK = 6;
/** fcntl: the same, waiting. */
export const F_SETLKW = 7;
/** fcntl: as F_GETLK, for locks of an open file description. */
export const F_OFD_GETLK = 36;
/** fcntl: take or release a lock of an open file description, or fail with EAGAIN. */
export const F_OFD_SETLK = 37;
/** fcntl: the same, waiting. */
export const F_OFD_SETLKW = 38;

/** flock: a shared lock. */
export const LOCK_SH = 1;
/** flock: an exclusive lock. */
export const LOCK_EX = 2;
/** flock: do not wait. */
export const LOCK_NB = 4;
/** flock: no lock. */
export const LOCK_UN = 8;

/** lockf: release. */
export const F_ULOCK = 0;
/** lockf: take, waiting. */
export const F_LOCK = 1;
/** lockf: take, or fail with EAGAIN. */
export const F_TLOCK = 2;
/** lockf: fail with EACCES where another process has a lock. */
export const F_TEST = 3;

/** An offset from the beginning of the file. */
export const SEEK_SET = 0;
/** An offset from the position of the descriptor. */
export const SEEK_CUR = 1;
/** An offset from the end of the file. */
export const SEEK_END = 2;
