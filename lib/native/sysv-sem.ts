import type { Memory, Quick } from './core';

/** native/sysv/sem.cc. `sops` is packed: number, by, flags, 16 bits each. */
export interface SysvSem {
  semget(key: number, count: number, flags: number): number;
  semop(set: number, sops: Memory, count: number): number;
  semtimedop(
    set: number,
    sops: Memory,
    count: number,
    seconds: number | bigint,
    nanoseconds: number | bigint,
  ): number;
  semopNow(set: number, sops: Memory, count: number): number;
  /** Set, and operation: what it adds + 2^16 x the semaphore's number + 2^32 x flags. */
  semopOne: Quick<2>;
  semopTimed(set: number, sops: Memory, count: number, timeout: number): number;
  semopWait(set: number, sops: Memory, count: number): number;
  semopSpin(set: number, sops: Memory, count: number, milliseconds: number): number;
  semctl(set: number, number: number, command: number, value: number, values: Float64Array): number;
  semctlAll(set: number, command: number, values: Memory): number;
}
