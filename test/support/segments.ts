/** Segments that are gone after the test, whatever became of it. Importing this registers the clean-up. */

import { type memory, sysv } from 'posix-ipc';
import { IPC_RMID, shmctl } from 'posix-ipc/syscalls';

const ids = new Set<number>();
const mappings = new Set<memory.Mapping>();

afterEach(() => {
  for (const mapping of mappings) mapping.close();
  mappings.clear();
  for (const id of ids) removeQuietly(id);
  ids.clear();
});

function removeQuietly(id: number): void {
  try {
    shmctl(id, IPC_RMID);
  } catch {
    // The test removed it.
  }
}

/** A new segment of a random key; removed after the test. */
export function temporarySegment(
  options: Partial<sysv.SharedMemoryOptions> = {},
  key: sysv.Key = 'random',
): sysv.SharedMemory {
  return adoptSegment(sysv.SharedMemory.createSync(key, { size: 4096, ...options }));
}

/** Removes the segment after the test. */
export function adoptSegment(segment: sysv.SharedMemory): sysv.SharedMemory {
  ids.add(segment.id);
  return segment;
}

/** Removes the segment of an identifier after the test. */
export function adoptSegmentId(id: number): number {
  ids.add(id);
  return id;
}

/** Closes the mapping after the test. */
export function adoptAttached(mapping: memory.Mapping): memory.Mapping {
  mappings.add(mapping);
  return mapping;
}
