/** native/lock/once.cc. The handle is that of the gate, a mutex of native/lock/mutex.cc. */
export interface LockOnce {
  onceInit(mapping: number, byteOffset: number): number;
  /** A handle. */
  onceAt(mapping: number, byteOffset: number): number;
  /** The gate is closed with it. */
  onceClose(once: number): void;
  onceIsDone(once: number): boolean;
  /** Of the owner of the gate, before it is unlocked. */
  onceSetDone(once: number): number;
}
