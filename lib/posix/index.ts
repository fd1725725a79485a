/** POSIX IPC: sem_overview(7). */

export { Semaphore } from './semaphore';
export type { SemaphoreOptions } from './semaphore-open';
