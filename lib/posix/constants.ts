/** The constants of <fcntl.h>, <limits.h>, <signal.h> and <time.h> that POSIX objects need. */

/** Open for reading. */
export const O_RDONLY = 0;
/** Open for writing. */
export const O_WRONLY = 1;
/** Open for reading and writing. */
export const O_RDWR = 2;
/** Make the size 0. */
export const O_TRUNC = 0o1000;

/** Make the object if there is none of this name. */
export const O_CREAT = 0o100;
/** With O_CREAT: fail with EEXIST if there is one. */
export const O_EXCL = 0o200;

/** Calls that would wait fail with EAGAIN instead. */
export const O_NONBLOCK = 0o4000;

/** How many priorities the messages of a queue can have: the highest is one less. */
export const MQ_PRIO_MAX = 32_768;

/** Notify by a signal. */
export const SIGEV_SIGNAL = 0;
/** Register, so that nobody else is notified, and do not notify. */
export const SIGEV_NONE = 1;

/** The highest value of a POSIX semaphore. */
export const SEM_VALUE_MAX = 2 ** 31 - 1;

/** The clock that can be set: seconds since 1970. */
export const CLOCK_REALTIME = 0;
/** The clock that only goes on, as `process.hrtime` has it. */
export const CLOCK_MONOTONIC = 1;
