/** Telling other processes that something has happened. */

export { EventFd, type EventFdOptions } from './event-fd';
export { Futex, type FutexResult } from './futex';
