/** FIFOs as the rows need them. */

import { constants, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { stream } from 'posix-ipc';
import { mkfifo } from 'posix-ipc/syscalls';

import { closing } from '../support/pipes';
import { adoptDescriptor } from './descriptors';

const paths = new Set<string>();

afterEach(() => {
  for (const one of paths) rmSync(one, { recursive: true, force: true });
  paths.clear();
});

export interface Named {
  key: string;
  /** The number at the end of the path, by which /proc tells who waits. */
  id: number;
}

let last = 0;

/** A path of nothing, in a folder that everybody may search. */
export function unusedPath(): Named {
  last++;
  const id = process.pid * 1000 + last;
  const key = path.join(tmpdir(), `posix-ipc-conformance-${String(id)}`);
  paths.add(key);
  return { key, id };
}

export function newFifo(mode = 0o600): Named {
  const named = unusedPath();
  mkfifo(named.key, mode);
  return named;
}

/** open(2) with O_NONBLOCK: a descriptor. */
export function openedNow(fifo: string, access: number): number {
  return adoptDescriptor(openSync(fifo, access | constants.O_NONBLOCK));
}

export function fifoObject(): stream.Fifo {
  return closing(stream.Fifo.openSync(newFifo().key));
}

/** An end that is open at once; undefined is ENXIO. */
export function writerNow(fifo: stream.Fifo): stream.PipeWriter | undefined {
  const writer = fifo.tryOpenWriter();
  return writer && closing(writer);
}

/** Both ends of a new FIFO. */
export function endsOf(fifo: stream.Fifo): stream.Pipe {
  const reader = closing(fifo.tryOpenReader());
  const writer = writerNow(fifo);
  if (writer === undefined) throw new Error('there is a reader');
  return { reader, writer };
}
