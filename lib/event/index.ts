/** Telling other processes that something has happened. */

export { Futex, type FutexResult } from './futex';
