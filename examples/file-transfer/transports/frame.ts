/**
 * A message where the transport keeps neither its type nor, perhaps, its length: a head with both,
 * and then the data. c/frame.h has the same as a struct.
 */

const TYPE = 0;
const LENGTH = 4;

/** What comes before the data. */
export const HEAD = 8;

/** The most data that a frame holds. */
export const FRAME_DATA = 64 * 1024;

export const FRAME_SIZE = HEAD + FRAME_DATA;

/** Answers how many bytes of the memory the frame takes. */
export function writeFrame(memory: Buffer, type: number, data: Buffer | string): number {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  if (bytes.length > FRAME_DATA) throw new RangeError('the data does not fit into a frame');
  memory.writeUInt32LE(type, TYPE);
  memory.writeUInt32LE(bytes.length, LENGTH);
  bytes.copy(memory, HEAD);
  return HEAD + bytes.length;
}

/** The length is checked: it comes from another process. */
export function readHead(memory: Buffer): { type: number; length: number } {
  const length = memory.readUInt32LE(LENGTH);
  if (length > FRAME_DATA) throw new Error(`a frame cannot hold ${String(length)} bytes`);
  return { type: memory.readUInt32LE(TYPE), length };
}
