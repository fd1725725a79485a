import type { Message } from '../reading';

/** Bytes before the payload: the correlation id, and the kind. */
export const FRAME_HEADER = 8;

/** The second end is there: the first message of its calls. */
export const HELLO = 0;
export const REQUEST = 1;
export const REPLY = 2;
/** In place of a reply. The payload: a code, a zero byte, a message. */
export const ERROR = 3;
/** Nobody waits for the reply any more; there is one all the same. */
export const CANCEL = 4;

/** A message of the calls. */
export interface Frame {
  kind: number;
  /** Of the request that it is, or belongs to; chosen by who asks. */
  id: number;
  type: number;
  /** The payload. */
  data: Buffer;
}

/** The frame in a message; undefined: it is none. */
export function frameIn({ type, data }: Message): Frame | undefined {
  if (data.length < FRAME_HEADER) return undefined;
  const [id, kind] = [data.readUInt32LE(0), data.readUInt32LE(4)];
  return { kind, id, type, data: data.subarray(FRAME_HEADER) };
}

export function writeFrame(into: Buffer, kind: number, id: number, payload: Uint8Array): void {
  into.writeUInt32LE(id, 0);
  into.writeUInt32LE(kind, 4);
  into.set(payload, FRAME_HEADER);
}
