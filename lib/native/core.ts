/** Bytes in memory: a view, or the address of a registered slab (4096 * offset + index). */
export type Memory = number | NodeJS.ArrayBufferView;

/**
 * How a native wait ended: the call's result or negated errno, one 64-bit number more, and how many
 * milliseconds the call took.
 */
export type WaitEnd = (result: number, low: number, high: number, took: number) => void;

/** Errors, memory and the wait engine: native/core. */
export interface Core {
  errorTable(): [errno: number, code: string, text: string][];
  registerSlab(view: NodeJS.ArrayBufferView): number;
  replaceSlab(index: number, view: NodeJS.ArrayBufferView): void;

  /** 5 per ended wait: its number, its result, the low and the high half of one number more, microseconds. */
  readonly waitWords: Int32Array;
  /** Who is told, by the wait's number. */
  readonly waitEnds: (WaitEnd | undefined)[];
  onWaitEnds(deliver: (count: number) => void, nothing: () => void): void;
  cancelWait(wait: number): boolean;
  endWait(wait: number): number;
  refWaits(): void;
  unrefWaits(): void;
}
