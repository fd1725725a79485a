/** Telling other processes that something has happened, and being told. */

export { EventFd, type EventFdOptions } from './event-fd';
export { Futex, type FutexResult } from './futex';
export { Process, type ProcessOptions, watchProcess } from './process';
export { sigqueue, SIGRTMAX, SIGRTMIN } from './signal';
export { type ReceivedSignal, SignalQueue } from './signal-queue';
