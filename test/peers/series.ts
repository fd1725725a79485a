/** Messages that are told by their number: what a peer floods a queue with. message-peer.c has the same. */

export interface Numbered {
  type: number;
  data: Buffer;
}

/** `length` bytes, each made of its place. */
export function bytes(length: number, byte: (at: number) => number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => byte(at)));
}

/** The message of a number, from 0: every length below 200 bytes, five types. */
export function numbered(index: number): Numbered {
  const data = bytes(index % 200, (at) => index * 31 + at);
  return { type: 1 + (index % 5), data };
}

export function series(count: number): Numbered[] {
  return Array.from({ length: count }, (_, index) => numbered(index));
}

/** How many messages of the series a queue of `capacity` bytes holds. */
export function fitting(capacity: number): number {
  let count = 0;
  let bytes = 0;
  while (bytes + numbered(count).data.length <= capacity && count < capacity) {
    bytes += numbered(count).data.length;
    count += 1;
  }
  return count;
}
