/** Where the two programs of a row find each other by Unix sockets: as in c/unix-sockets.c. */

import { FIRST_INHERITED } from './params';

/** Descriptors that a program inherits: an end of a pair each. */
export const DESCRIPTORS = { seqpacket: FIRST_INHERITED, stream: FIRST_INHERITED + 1 };

export interface Place {
  /** Sockets are bound to this, a dot and a type of message. */
  prefix: string;
  /** Of a message: a stream of bytes has no bounds of its own. */
  size: number;
}

export function placeOf(address: string): Place {
  const colon = address.lastIndexOf(':');
  return { prefix: address.slice(0, colon), size: Number(address.slice(colon + 1)) };
}

export function boundTo({ prefix }: Place, type: number): string {
  return `${prefix}.${String(type)}`;
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Milliseconds that the other program may take to be there. */
const PATIENCE = 10_000;

/** Tries again, blocking the thread, until the other program is there. */
export function insist<T>(attempt: () => T): T {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      Atomics.wait(never, 0, 0, 1);
    }
  }
}
