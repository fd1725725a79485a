/**
 * native/lock/rwlock.cc. Who writes, or has to wait, locks the gate, which is a mutex of
 * native/lock/mutex.cc; the functions from `rwlockReadFromGate` to `rwlockDowngrade` are for its owner.
 */
export interface LockRwlock {
  rwlockInit(mapping: number, byteOffset: number, slots: number, preferWriters: boolean): number;
  /** A handle. */
  rwlockAt(mapping: number, byteOffset: number): number;
  /** The gate is closed with it. */
  rwlockClose(rwlock: number): void;
  /** The handle of the gate. */
  rwlockGate(rwlock: number): number;
  /** A slot; EBUSY: it has to queue for the gate; EAGAIN: all slots are taken. */
  rwlockTryRead(rwlock: number): number;
  rwlockReadUnlock(rwlock: number, slot: number): number;
  /** A slot; EOWNERDEAD: it has to write instead, and keeps the gate; EAGAIN. */
  rwlockReadFromGate(rwlock: number): number;
  /** First thing of who wants to write: 0, or EOWNERDEAD: it may, and is told. */
  rwlockAdopt(rwlock: number): number;
  /** 0: it may write. EBUSY: others read; EAGAIN: it has to leave the gate, and to queue again. */
  rwlockClaim(rwlock: number, own: number): number;
  /** Before the gate is unlocked. */
  rwlockReopen(rwlock: number): number;
  /** A slot, and the gate can be unlocked. */
  rwlockDowngrade(rwlock: number): number;
  /** Before who reads in a slot queues for the gate. EDEADLK: another one does. */
  rwlockUpgradeBegin(rwlock: number, slot: number): number;
  rwlockUpgradeEnd(rwlock: number): number;
  /** Whether this thread upgrades. */
  rwlockUpgrades(rwlock: number): boolean;
  /** Until the reader that was in the way has left. */
  rwlockSlotWaitFor(rwlock: number, own: number, timeout: number): number;
  rwlockSlotWaitStart(rwlock: number, own: number): number;
  rwlockSame(rwlock: number, other: number): boolean;
  rwlockSlots(rwlock: number): number;
  /** 8 numbers, and 3 for each slot. */
  rwlockLook(rwlock: number, into: Float64Array): void;
}
