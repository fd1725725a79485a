/** native/lock/barrier.cc */
export interface LockBarrier {
  barrierInit(mapping: number, byteOffset: number, parties: number): number;
  /** A handle. */
  barrierAt(mapping: number, byteOffset: number): number;
  barrierClose(barrier: number): void;
  barrierParties(barrier: number): number;
  barrierWaiting(barrier: number): number;
  barrierIsBroken(barrier: number): number;
  /** 1: it was broken. */
  barrierReset(barrier: number): number;
  /** 1: this was the last one to come; EAGAIN: it was not, and has not come; EOWNERDEAD. */
  barrierPass(barrier: number): number;
  /** 0: all have come; 1: and this was the last one; EOWNERDEAD. */
  barrierWaitFor(barrier: number, timeout: number): number;
  barrierWaitStart(barrier: number): number;
}
