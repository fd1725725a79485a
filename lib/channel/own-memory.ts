import { markAsUntransferable } from 'node:worker_threads';

import { channelFailure, type RingPlace } from './place';

/**
 * Memory of this process that messages are copied into, and shown from. Who sends a view of it to
 * another thread sends a copy: transferring it would take all later messages, too. Errors: ENOMEM.
 */
export function ownMemory(bytes: number, { name }: RingPlace): ArrayBuffer {
  try {
    const memory = new ArrayBuffer(bytes);
    markAsUntransferable(memory);
    return memory;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const hint = `no ${String(bytes)} bytes for the copies that this end makes`;
    throw channelFailure('ENOMEM', name, hint);
  }
}
