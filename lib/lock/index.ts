/** Locks between processes that tell when their owner has died. */

export { Mutex, type MutexStatus } from './mutex';
export type { MutexGuard } from './mutex-guard';
export type { MutexAtOptions, MutexOptions, OpenMutexOptions, Recover } from './mutex-open';
export type { MutexHolder } from './mutex-status';
