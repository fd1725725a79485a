/** A message that was received. */
export interface Message {
  /** 0 to 32,767; the highest comes first. */
  priority: number;
  /** The payload: exactly the bytes that were sent. */
  data: Buffer;
}

/** A message that was received into the caller's memory. */
export interface MessageInto {
  /** 0 to 32,767. */
  priority: number;
  /** Bytes written. */
  length: number;
}

/** In what the addon answers: a priority, above the length. */
export const PRIORITY_STEP = 2 ** 32;

/** Many messages in one memory: each is its length and its priority, 4 bytes each, then its bytes, padded to 8. */
export const RECORD_HEADER = 8;

export function padded(size: number): number {
  return (size + 7) & ~7;
}
