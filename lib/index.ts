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
