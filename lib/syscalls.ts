/**
 * The calls under their man-page names: positional arguments, the same constants, the same results.
 *
 * They throw SystemError, EINTR included. Those that wait block the thread, as in C; the classes of
 * `posix-ipc` have promises.
 */

export * from './event/constants';
export * from './lock/constants';
export * from './posix/constants';
export * from './stream/constants';
export * from './sysv/constants';
export * from './unix/constants';
export { ftok } from './sysv/key';
export type { IpcPerm } from './sysv/ipc-perm';
export type { MsgInfo, MsqidDs } from './sysv/msqid-ds';
export type { SemidDs, SemInfo } from './sysv/semid-ds';
export type { ShmidDs, ShmInfo, ShmUsage } from './sysv/shmid-ds';

// A facility adds its line here.
export * from './syscalls/eventfd';
export * from './syscalls/fcntl';
export { flock, type Flock, type FoundFlock, lockf } from './syscalls/flock';
export * from './syscalls/memory';
export * from './syscalls/mq';
export * from './syscalls/msg';
export * from './syscalls/pipe';
export * from './syscalls/process';
export * from './syscalls/sem';
export * from './syscalls/sem-posix';
export * from './syscalls/shm';
export * from './syscalls/shm-posix';
export * from './syscalls/socket';
export type { Timespec } from './syscalls/timespec';
