/** Mutexes that are gone after the test. Importing this registers the clean-up. */

import { lock, memory } from 'posix-ipc';

import { temporaryFile } from './files';
import { Ledger } from './ledger';
import { mapFile } from './words';

const made: lock.Mutex[] = [];
const mappings: memory.Mapping[] = [];

afterEach(() => {
  for (const mutex of made) {
    mutex.close();
    mutex.unlinkSync();
  }
  made.length = 0;
  for (const mapping of mappings) mapping.close();
  mappings.length = 0;
});

export function makeMutex(options?: lock.MutexOptions): lock.Mutex {
  const mutex = lock.Mutex.createSync(undefined, options);
  made.push(mutex);
  return mutex;
}

/** Memory of this process, for mutexes at offsets. */
export function someMemory(bytes = 4096): memory.Mapping {
  const mapping = memory.mapAnonymousSync({ length: bytes, shared: true });
  mappings.push(mapping);
  return mapping;
}

/** A file with a mutex and its ledger, as the peers know it. */
export function makeLedger(fair = false): { file: string; ledger: Ledger } {
  const file = temporaryFile(Buffer.alloc(4096));
  const mapping = mapFile(file);
  mappings.push(mapping);
  return { file, ledger: new Ledger(mapping, lock.Mutex.at(mapping, 0, { create: true, fair })) };
}
