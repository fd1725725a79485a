/** Channels whose positions, which are 32 bits, come round soon. */

import { memory, type channel } from 'posix-ipc';

const [CAPACITY, SENDERS, SEGMENT, HEAD, TAIL] = [2, 5, 7, 64, 96];

/** Before anybody sends or receives: all rings begin at a position, a multiple of 8. */
export function beginAt(one: channel.Channel, position: number): void {
  using mapping = memory.mapSync(`/dev/shm${one.name}`, { access: 'write' });
  const words = mapping.view(Int32Array);
  const lane = ((words[SEGMENT] === 0 ? 768 : 65_536) + (words[CAPACITY] ?? 0)) / 4;
  for (let sender = 0; sender < Math.max(words[SENDERS] ?? 0, 1); sender++) {
    for (const at of [HEAD, TAIL]) words[sender * lane + at] = position;
  }
}
