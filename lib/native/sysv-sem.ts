import type { Memory, Quick } from './core';

/** native/sysv/sem.cc. `sops` is packed: number, by, flags, 16 bits each. */
export interface SysvSem {
  semget(key: number, count: number, flags: number): number;
  semop(set: number, sops: Memory, count: number): number;
  /** As semop: set, address of a slab, count. */
  semopQuick: Quick<3>;
  semtimedop(
    set: number,
    sops: Memory,
    count: number,
    seconds: number | bigint,
    nanoseconds: number | bigint,
  ): number;
  /** Without waiting: set, address of a slab, count. */
  semopNow: Quick<3>;
  /** Set, and operation: what it adds + 2^16 x the semaphore's number + 2^32 x flags. */
  semopOne: Quick<2>;
  /** Blocks: set, address of a slab, count, milliseconds. */
  semopTimed: Quick<4>;
  semopWait(set: number, sops: Memory, count: number): number;
  semopSpin(set: number, sops: Memory, count: number, milliseconds: number): number;
  semctl(set: number, number: number, command: number, value: number, values: Float64Array): number;
  semctlAll(set: number, command: number, values: Memory): number;
}
