/** System V IPC: sysvipc(7). */

export { IPC_PRIVATE } from './constants';
export { ftok, type Key } from './key';
export type { Message, MessageInto } from './message';
export type {
  BatchOptions,
  DrainOptions,
  MessageOptions,
  ReceiveOptions,
  ReceiveSyncOptions,
  Selector,
  SendOptions,
  SendSyncOptions,
  TypeOptions,
} from './message-options';
export { MessageQueue } from './message-queue';
export type { CreateOptions } from './queue-open';
export type { QueueChanges, QueueStatus } from './queue-status';
export type {
  SemaphoreCreateOptions,
  SemaphoreOpenOptions,
  SemaphoreOpenOrCreateOptions,
} from './semaphore-open';
export type {
  AcquireOptions,
  AcquireSyncOptions,
  AcquireTryOptions,
  AmountOptions,
  SemaphoreOperation,
  SemaphoreWaitOptions,
  SemaphoreWaitSyncOptions,
} from './semaphore-options';
export { SemaphoreSet } from './semaphore-set';
export type { SemaphoreChanges, SemaphoreStatus } from './semaphore-status';
export { SharedMemory, type AttachOptions } from './shared-memory';
export type { SegmentHugePages, SharedMemoryOptions } from './segment-open';
export type { SegmentChanges, SegmentStatus } from './segment-status';
