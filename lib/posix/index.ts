/** POSIX IPC: mq_overview(7), sem_overview(7), shm_overview(7). */

export { MessageQueue } from './message-queue';
export type { Message, MessageInto } from './queue-message';
export type { OpenQueueOptions, QueueAccess, QueueOptions } from './queue-open';
export type {
  MessageBatchOptions,
  MessageDrainOptions,
  MessageSendOptions,
  MessageSendSyncOptions,
  PriorityOptions,
} from './queue-options';
export type { QueueAttributes, QueueStatus } from './queue-status';
export { Semaphore } from './semaphore';
export type { SemaphoreOptions } from './semaphore-open';
export { SharedMemory, type SharedMemoryStatus } from './shared-memory';
export type { OpenSharedMemoryOptions, SharedMemoryOptions } from './shared-memory-open';
