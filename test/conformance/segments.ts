/** Shared memory segments as the rows need them: small, and with results to compare. */

import type { memory, sysv } from 'posix-ipc';
import { IPC_CREAT, IPC_PRIVATE, IPC_RMID, shmat, shmctl, shmget } from 'posix-ipc/syscalls';

import { adoptAttached, adoptSegmentId, temporarySegment } from '../support/segments';

export const NO_ID = -1;
export const SIZE = 4096;

export function newSegment(mode = 0o600, size = SIZE): number {
  return adoptSegmentId(shmget(IPC_PRIVATE, size, IPC_CREAT | mode));
}

/** A segment of the class, that others find. */
export function segmentObject(mode = 0o600): sysv.SharedMemory {
  return temporarySegment({ size: SIZE, mode });
}

export function removedSegment(): number {
  const id = newSegment();
  shmctl(id, IPC_RMID);
  return id;
}

export function removedObject(): sysv.SharedMemory {
  const segment = segmentObject();
  segment.removeSync();
  return segment;
}

/** shmat; detached after the test. */
export function attached(id: number, flags = 0): memory.Mapping {
  return adoptAttached(shmat(id, null, flags));
}

/** The same with the class. */
export async function attachedObject(
  segment: sysv.SharedMemory,
  options?: sysv.AttachOptions,
): Promise<memory.Mapping> {
  return adoptAttached(await segment.attach(options));
}

/** Text at the beginning of memory, up to a null byte. */
export function textIn(mapping: memory.Mapping): string {
  const bytes = mapping.read();
  return bytes.toString('utf8', 0, bytes.indexOf(0));
}
