/** Words of memory that this process, or several, have mapped. */

import { closeSync, openSync } from 'node:fs';

import { event, memory } from 'posix-ipc';

/** A file as memory that others can have, too. */
export function mapFile(file: string): memory.Mapping {
  const fd = openSync(file, 'r+');
  try {
    return memory.mapSync(fd, { access: 'write' });
  } finally {
    closeSync(fd);
  }
}

/** Maps a file for a moment, as a peer would. */
export function withOneWord<R>(
  file: string,
  body: (futex: event.Futex, words: Int32Array) => R,
): R {
  using mapping = mapFile(file);
  using futex = new event.Futex(mapping);
  return body(futex, mapping.view(Int32Array));
}
