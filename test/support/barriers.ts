/** Barriers in files. Importing this registers the clean-up. */

import { lock } from 'posix-ipc';

import { temporaryFile } from './files';
import { mapFile } from './words';

export function makeBarrier(parties: number): { file: string; barrier: lock.Barrier } {
  const file = temporaryFile(Buffer.alloc(65_536));
  using mapping = mapFile(file);
  return { file, barrier: lock.Barrier.at(mapping, 0, { create: true, parties }) };
}
