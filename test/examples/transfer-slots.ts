/** The transports that are a bounded buffer, and the slots that it has. */

import { closeSync, openSync, writeSync } from 'node:fs';

import { ROWS, type Receiver } from './transfers';
import { readProc, type UnderWay } from './under-way';

/** Where in their memory it begins. */
const BUFFERS = { 'posix-shm': 4 * 32, 'sysv-shm': 0, 'mapped-file': 0 } as const;
type BufferId = keyof typeof BUFFERS;

export const BUFFER_ROWS = ROWS.filter((row): row is readonly [BufferId, Receiver] =>
  Object.hasOwn(BUFFERS, row[0]),
);

/** As c/bounded-buffer.h has them. */
const SLOT_SIZE = 8 + 64 * 1024;
const SLOTS = 4;

/** Where the receiver has it. */
function bufferIn(receiver: number, id: BufferId): number {
  const line = readProc(receiver, 'maps')
    .split('\n')
    .find((one) => / rw-s .*(?:\/SYSV0|\/file-transfer-\d+-[0-9a-f]+(?: \(deleted\))?$)/.test(one));
  if (line === undefined) throw new Error('the receiver has no buffer');
  return parseInt(line, 16) + BUFFERS[id];
}

/** Changes a byte of the data in each slot, as a peer that disregards the semaphores could. */
export function corruptSlots({ receiver }: UnderWay, id: BufferId): void {
  const buffer = bufferIn(receiver, id);
  const memory = openSync(`/proc/${String(receiver)}/mem`, 'r+');
  for (let slot = 0; slot < SLOTS; slot++)
    writeSync(memory, Buffer.from('!'), 0, 1, buffer + slot * SLOT_SIZE + 1000);
  closeSync(memory);
}
