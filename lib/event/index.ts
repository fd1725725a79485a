/** Telling other processes that something has happened. */

export { EventFd, type EventFdOptions, type FromFdOptions } from './event-fd';
export { Futex, type FutexResult } from './futex';
