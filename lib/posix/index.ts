/** POSIX IPC: sem_overview(7), shm_overview(7). */

export { Semaphore } from './semaphore';
export type { SemaphoreOptions } from './semaphore-open';
export { SharedMemory, type SharedMemoryStatus } from './shared-memory';
export type { OpenSharedMemoryOptions, SharedMemoryOptions } from './shared-memory-open';
