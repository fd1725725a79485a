/** Locks between processes: in shared memory, where they tell when their owner has died, and on files. */

export { Barrier } from './barrier';
export type { BarrierAtOptions, BarrierMaking, BarrierOptions } from './barrier-open';
export { Condition } from './condition';
export type { ConditionAtOptions, ConditionOptions } from './condition-open';
export type { Predicate } from './condition-predicate';
export { Event } from './event';
export type { EventAtOptions, EventMaking, EventOptions } from './event-open';
export { FileLock } from './file-lock';
export type { FileLockGuard } from './file-lock-guard';
export type { FileLockHolder, FileLockRange } from './file-lock-holders';
export type {
  FileLockFromFdOptions,
  FileLockKind,
  FileLockKindOptions,
  FileLockOptions,
  FileLockSyncOptions,
  FileLockWaitOptions,
  FileRangeOptions,
  OpenFileLockOptions,
} from './file-lock-options';
export { AlreadyRunningError, PidFile, type PidFileOptions } from './pid-file';
export { Mutex, type MutexStatus } from './mutex';
export type { MutexGuard } from './mutex-guard';
export type { MutexAtOptions, MutexOptions, OpenMutexOptions, Recover } from './mutex-open';
export type { MutexHolder } from './mutex-status';
export { Once } from './once';
export type { OnceAtOptions, OnceOptions } from './once-open';
export type { Initialiser, OnceCall } from './once-run';
export { RwLock, type RwLockHolders, type RwLockStatus } from './rwlock';
export type { RwLockGuard } from './rwlock-guard';
export type {
  RwLockAtOptions,
  RwLockMaking,
  RwLockOptions,
  OpenRwLockOptions,
} from './rwlock-open';
export type { LockHolder } from './lock-holder';
