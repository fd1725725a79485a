/** A message that was received. */
export interface Message {
  /** The message's type: a number, or a bigint where it is beyond the safe integers. */
  type: number | bigint;
  /** The payload: exactly the bytes that were sent. */
  data: Buffer;
}

/** A message that was received into the caller's memory. */
export interface MessageInto {
  /** The message's type: a number, or a bigint where it is beyond the safe integers. */
  type: number | bigint;
  /** Bytes written. */
  length: number;
}

/** struct msgbuf begins with the type, a long. */
export const TYPE_BYTES = 8;

/** Many messages in one memory: each is its length in 8 bytes, then its struct msgbuf, padded to 8. */
export const RECORD_HEADER = 8;

export function padded(size: number): number {
  return (size + 7) & ~7;
}

const low32 = 2 ** 32;
const safeHigh = 2 ** 21;

/** The low and the high half of a type, as they stand in memory. */
export function halvesOf(type: number | bigint): [low: number, high: number] {
  if (typeof type === 'number') return [type | 0, Math.floor(type / low32)];
  return [Number(BigInt.asIntN(32, type)), Number(type >> 32n)];
}

/** A type from its halves. */
export function typeOf(low: number, high: number): number | bigint {
  if (high === 0 && low >= 0) return low;
  if (high >= 0 && high < safeHigh) return high * low32 + (low >>> 0);
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
