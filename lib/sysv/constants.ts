/** The constants of <sys/ipc.h>, <sys/msg.h>, <sys/sem.h> and <sys/shm.h>; the same numbers on every Linux architecture. */

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

/** Permission to read, for the owner: a part of a mode. */
export const SHM_R = 0o400;
/** Permission to write, for the owner: a part of a mode. */
export const SHM_W = 0o200;
/** Attach for reading only. */
export const SHM_RDONLY = 0o10000;
/** Round an address down to a multiple of SHMLBA; it says nothing where the kernel chooses. */
export const SHM_RND = 0o20000;
/** Replace what is mapped at an address. There is none to be given here: EINVAL. */
export const SHM_REMAP = 0o40000;
/** Attach for executing too. */
export const SHM_EXEC = 0o100000;
/** Lock a segment in memory. */
export const SHM_LOCK = 11;
/** Let the kernel page a segment out again. */
export const SHM_UNLOCK = 12;
/** As IPC_STAT, by index into the kernel's table. */
export const SHM_STAT = 13;
/** What the whole system uses now. */
export const SHM_INFO = 14;
/** As SHM_STAT, without needing read permission. */
export const SHM_STAT_ANY = 15;
/** In a segment's mode: it goes with its last attachment. */
export const SHM_DEST = 0o1000;
/** In a segment's mode: it is locked in memory. */
export const SHM_LOCKED = 0o2000;
/** Take pages of the pool of huge pages. */
export const SHM_HUGETLB = 0o4000;
/** With SHM_HUGETLB: pages of 2 MiB. */
export const SHM_HUGE_2MB = 21 << 26;
/** With SHM_HUGETLB: pages of 1 GiB. */
export const SHM_HUGE_1GB = 30 << 26;
/** Reserve no swap space. */
export const SHM_NORESERVE = 0o10000;
