import type { Memory } from './core';

/** native/event/eventfd.cc: 8 bytes of memory hold a value. */
export interface EventEventfd {
  /** The number of a new descriptor. */
  eventfd(initval: number, flags: number): number;
  /** The same: its handle. */
  eventfdOwned(initval: number, flags: number): number;
  eventfdRead(descriptor: number, value: Memory): number;
  eventfdWrite(descriptor: number, value: Memory): number;
  /** As in C: they block where the descriptor does. */
  eventfdReadFd(fd: number, value: Memory): number;
  eventfdWriteFd(fd: number, value: Memory): number;
}
