import type { Quick } from './core';

/** native/posix/sem.cc */
export interface PosixSem {
  /** A handle; the same one for a semaphore that is open already. `exact`: whatever the umask. */
  semOpen(name: string, flags: number, mode: number, exact: boolean, value: number): number;
  semInit(mapping: number, byteOffset: number, shared: number, value: number): number;
  semAt(mapping: number, byteOffset: number): number;
  semDestroy(semaphore: number): number;
  semClose(semaphore: number): number;
  semUnlink(name: string): number;
  semTrywait(semaphore: number): number;
  semPost(semaphore: number): number;
  semPostMany(semaphore: number, count: number): number;
  semGetvalue(semaphore: number): number;
  semWait(semaphore: number): number;
  semClockwait(
    semaphore: number,
    clock: number,
    seconds: number | bigint,
    nanoseconds: number | bigint,
  ): number;
  /** Blocks: semaphore, milliseconds. */
  semWaitFor: Quick<2>;
  semWaitStart(semaphore: number): number;
  /** The memory itself, where lib/posix/semaphore-word.ts knows it; emptied when it is closed. */
  semWords(semaphore: number): ArrayBuffer | null;
  semWake: Quick<1>;
  semSpin(semaphore: number, milliseconds: number): number;
}
