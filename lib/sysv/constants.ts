/** The constants of <sys/ipc.h>, <sys/msg.h> and <sys/sem.h>; the same numbers on every Linux architecture. */

/** Create the object if there is none with this key. */
export const IPC_CREAT = 0o1000;
/** With IPC_CREAT: fail with EEXIST if there is one. */
export const IPC_EXCL = 0o2000;
/** Fail with EAGAIN or ENOMSG instead of waiting. */
export const IPC_NOWAIT = 0o4000;
/** The key that names no object: each use creates a new one. */
export const IPC_PRIVATE = 0;

/** Remove the object. */
export const IPC_RMID = 0;
/** Set owner, mode and limits. */
export const IPC_SET = 1;
/** Read the object's status. */
export const IPC_STAT = 2;
/** Read the limits of the whole system. */
export const IPC_INFO = 3;

/** Cut a message that is too long, instead of failing with E2BIG. */
export const MSG_NOERROR = 0o10000;
/** Receive the first message whose type is not this one. */
export const MSG_EXCEPT = 0o20000;
/** Copy the message at an index instead of taking one. */
export const MSG_COPY = 0o40000;
/** As IPC_STAT, by index into the kernel's table. */
export const MSG_STAT = 11;
/** What the whole system uses now. */
export const MSG_INFO = 12;
/** As MSG_STAT, without needing read permission. */
export const MSG_STAT_ANY = 13;

/** Undo the operation when the process ends. */
export const SEM_UNDO = 0o10000;
/** The process that operated on a semaphore last. */
export const GETPID = 11;
/** The value of a semaphore. */
export const GETVAL = 12;
/** The values of all semaphores. */
export const GETALL = 13;
/** How many wait for a semaphore to increase. */
export const GETNCNT = 14;
/** How many wait for a semaphore to be 0. */
export const GETZCNT = 15;
/** Set the value of a semaphore. */
export const SETVAL = 16;
/** Set the values of all semaphores. */
export const SETALL = 17;
/** As IPC_STAT, by index into the kernel's table. */
export const SEM_STAT = 18;
/** What the whole system uses now. */
export const SEM_INFO = 19;
/** As SEM_STAT, without needing read permission. */
export const SEM_STAT_ANY = 20;
