/** Messages in the pool of received memory: each a struct msgbuf. */

import * as core from '../core/pool';
import { RECORD_HEADER, TYPE_BYTES, typeOf, type Message } from './message';

export { longestPooled, poolAddress } from '../core/pool';

/** The longest payload that the pool holds now: at least `likely`, if a pool can hold that. */
export function pooledRoom(likely: number): number {
  return core.pooledRoom(likely + TYPE_BYTES) - TYPE_BYTES;
}

/** The message that was received there; the next one goes behind it. */
export function takePooled(length: number): Message {
  const type = typeOf(core.pooledWord(0), core.pooledWord(1));
  core.skipPooled(TYPE_BYTES);
  return { type, data: core.takePooled(length) };
}

/** The records that were received there, as many as `count`. */
export function takePooledRecords(count: number, messages: Message[]): void {
  for (let i = 0; i < count; i++) {
    const length = core.pooledWord(0);
    core.skipPooled(RECORD_HEADER);
    messages.push(takePooled(length));
  }
}
