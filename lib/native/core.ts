/** Bytes in memory: a view, or the address of a registered slab (4096 * offset + index). */
export type Memory = number | NodeJS.ArrayBufferView;

/**
 * How a native wait ended: the call's result or negated errno, one 64-bit number more, and how many
 * milliseconds it lasted.
 */
export type WaitEnd = (result: number, low: number, high: number, took: number) => void;

/** A quick call: `Numbers` of them, and its answer, pass through `callWords`; see lib/core/quick.ts. */
export type Quick<Numbers extends number> = (() => void) & { readonly numbers?: Numbers };

/** Errors, memory and the wait engine: native/core. */
export interface Core {
  /** Where quick calls find their numbers, from the first on, and leave their answer. */
  readonly callWords: Float64Array;
  errorTable(): [errno: number, code: string, text: string][];
  registerSlab(view: NodeJS.ArrayBufferView): number;
  replaceSlab(index: number, view: NodeJS.ArrayBufferView): void;

  /** 5 per ended wait: its number, its result, the low and the high half of one number more, microseconds. */
  readonly waitWords: Int32Array;
  /** Who is told, by the wait's number. */
  readonly waitEnds: (WaitEnd | undefined)[];
  onWaitEnds(deliver: (count: number) => void, nothing: () => void): void;
  /** What POSIX_IPC_SIGNAL asks for, if it cannot be used, and what could. */
  unusableSignal(): [text: string, lowest: number, highest: number] | undefined;
  cancelWait(wait: number): boolean;
  endWait(wait: number): number;
  refWaits(): void;
  unrefWaits(): void;
}

/** native/core/descriptors: what is known by a handle. A direction is 1 (in) or 2 (out). */
export interface Descriptors {
  /** 2 per ready descriptor: its handle, and the directions that are ready. */
  readonly readyWords: Int32Array;
  /** Who is told, by place and direction. */
  readonly readyEnds: (WaitEnd | undefined)[];
  onReady(ready: (count: number) => void): void;
  /** 0; the descriptor is watched until it is ready once. */
  readyStart(descriptor: number, direction: number): number;
  readyStop(descriptor: number, direction: number): void;
  /** Tries for so many milliseconds, without giving up the CPU: whether it is ready. */
  readySpin(descriptor: number, direction: number, howLong: number): boolean;
  /** Blocks this thread. */
  readyWait(descriptor: number, direction: number, timeout: number): number;

  /** Takes over the number of what somebody else has opened: its handle. */
  descriptorAdopt(fd: number): number;
  descriptorIsOwned(fd: number): boolean;
  descriptorNumber(descriptor: number): number;
  /** The number, which belongs to the caller now. */
  descriptorRelease(descriptor: number): number;
  descriptorClose(descriptor: number): void;
  /** The handle of a copy. */
  descriptorDuplicate(fd: number): number;
  /** As read(2). */
  descriptorRead(descriptor: number, into: Memory): number;
  setNonblocking(descriptor: number): number;
  /** fcntl(2), F_GETFL. */
  statusFlags(fd: number): number;
  /** S_IFIFO, S_IFSOCK and so on. */
  fileType(fd: number): number;
}
