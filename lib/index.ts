/** The public names of `posix-ipc`. */

export { ClosedError, SystemError } from './core/error';
export type { Guard } from './core/guard';
export type { FromFdOptions } from './core/owned-descriptor';
export type { Data, TimeoutOptions, WaitOptions } from './core/options';
export * as channel from './channel';
export * as event from './event';
export * as lock from './lock';
export * as memory from './memory';
export * as posix from './posix';
export * as stream from './stream';
export * as sysv from './sysv';
export * as unix from './unix';

// What editors show of a namespace: of all comments they read only that of such a declaration.

/**
 * Channels through shared memory: `Channel` from senders
 * to receivers, `Broadcast` to all who subscribe, `direct` between two processes, with requests and replies.
 */
declare module './channel' {}

/**
 * Telling other processes that something has happened, and being told: `EventFd`, `Futex`, the end of a
 * `Process`, real-time signals (`SignalQueue`, `sigqueue`).
 */
declare module './event' {}

/**
 * Locks between processes. In shared memory, where they tell when their owner has died: `Mutex`, `RwLock`,
 * `Condition`, `Barrier`, `Event`, `Once`. On files: `FileLock`, `PidFile`.
 */
declare module './lock' {}

/** Files and memory in the address space: `map`, `mapAnonymous`, `memfd`. Source: mmap(2), memfd_create(2). */
declare module './memory' {}

/**
 * POSIX IPC: `MessageQueue`, `Semaphore`, `SharedMemory`, by names such as `'/jobs'`. Source:
 * mq_overview(7), sem_overview(7), shm_overview(7).
 */
declare module './posix' {}

/** Streams of bytes and packets: `pipe`, and `Fifo`, a pipe with a path. Source: pipe(7), fifo(7). */
declare module './stream' {}

/**
 * System V IPC: `MessageQueue`, `SemaphoreSet`, `SharedMemory`, by keys such as `0x4d2` or those of
 * `ftok`. Source: sysvipc(7).
 */
declare module './sysv' {}

/**
 * Unix sockets, with descriptors and credentials: `Datagram`, `SeqPacket`, `Stream`, their servers, and
 * `socketpair`. Source: unix(7).
 */
declare module './unix' {}
