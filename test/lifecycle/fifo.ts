/** The rows of the ends of pipes and FIFOs: a FIFO, which every process can open by its number. */

import { randomInt } from 'node:crypto';
import { closeSync, constants, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { stream } from 'posix-ipc';
import { O_CLOEXEC, pipe2, SPLICE_F_NONBLOCK, tee } from 'posix-ipc/syscalls';

import type { Contents, Limits, Subject, WaitingOperation } from './waiting-operation';

const { O_NONBLOCK, O_RDWR } = constants;
const capacity = 4096;

interface Row<End> {
  name: string;
  form?: 'sync';
  variant?: true;
  closedValue?: unknown;
  wait: (end: End, limits: Limits) => Promise<unknown>;
}

interface Side<End> {
  gives: boolean;
  contents: Contents;
  open: (file: string) => End;
  /** What a FIFO is filled with when it is made. */
  prepare: (fd: number) => void;
  satisfy: (fd: number) => void;
}

/** While a FIFO is open somewhere, what is in it stays. */
const holders = new Map<number, number>();

/** The number at its end is what tests know the FIFO by; see support/blocked.ts. */
function fileOf(id: number): string {
  return path.join(tmpdir(), `posix-ipc-fifo-${String(id)}`);
}

function withFifo<R>(id: number, use: (fd: number) => R): R {
  const fd = openSync(fileOf(id), O_RDWR | O_NONBLOCK);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** What is in it, and stays there. */
function contentsOf(fd: number): string[] {
  const [reading, writing] = pipe2(O_CLOEXEC | O_NONBLOCK);
  try {
    const copy = Buffer.alloc(tee(fd, writing, capacity, SPLICE_F_NONBLOCK));
    readSync(reading, copy);
    return [String(copy).replace(/f+/, (filling) => `${String(filling.length)} f`)];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return [];
    throw error;
  } finally {
    closeSync(reading);
    closeSync(writing);
  }
}

function subject<End extends stream.PipeReader | stream.PipeWriter>(
  id: number,
  { wait }: Row<End>,
  side: Side<End>,
): Subject {
  const end = side.open(fileOf(id));
  return {
    id,
    object: end,
    wait: (limits = {}) => wait(end, limits),
    satisfy: () => {
      withFifo(id, side.satisfy);
    },
    contents: () => withFifo(id, contentsOf),
    close: () => {
      end.close();
    },
    remove: () => {
      unlinkSync(fileOf(id));
      const holder = holders.get(id);
      if (holder !== undefined) closeSync(holder);
      holders.delete(id);
    },
    unref: () => {
      end.unref();
    },
  };
}

function waiting<End extends stream.PipeReader | stream.PipeWriter>(
  side: Side<End>,
  row: Row<End>,
): WaitingOperation {
  const { name, form = 'promise', variant = false } = row;
  return {
    name,
    form,
    variant,
    takes: form === 'sync' ? ['timeout'] : ['timeout', 'signal'],
    gives: side.gives,
    call: form === 'sync' ? 'ppoll' : 'epoll',
    removal: undefined,
    contents: side.contents,
    ...('closedValue' in row ? { closedValue: row.closedValue } : {}),
    create: () => {
      const id = randomInt(2 ** 47);
      stream.mkfifoSync(fileOf(id));
      const fd = openSync(fileOf(id), O_RDWR | O_NONBLOCK);
      holders.set(id, fd);
      side.prepare(fd);
      return subject(id, row, side);
    },
    open: (id) => subject(id, row, side),
  };
}

/** It waits until there is a byte. */
const reading: Side<stream.PipeReader> = {
  gives: false,
  contents: { untouched: [], unserved: ['x'], served: [] },
  open: (file) => stream.Fifo.openSync(file).openReaderSync({ keepOpen: true }),
  prepare: () => undefined,
  satisfy: (fd) => {
    writeSync(fd, 'x');
  },
};

/** It waits until there is room. */
const writing: Side<stream.PipeWriter> = {
  gives: true,
  contents: { untouched: [`${String(capacity)} f`], unserved: [], served: ['x'] },
  open: (file) => stream.PipeWriter.fromFdSync(openSync(file, O_RDWR | O_NONBLOCK)),
  prepare: (fd) => {
    using end = stream.PipeWriter.fromFdSync(fd, { own: false });
    end.capacity = capacity;
    end.writeSync(Buffer.alloc(capacity, 'f'));
  },
  satisfy: (fd) => {
    readSync(fd, Buffer.alloc(capacity));
  },
};

const done = Promise.resolve();

export const fifo: readonly WaitingOperation[] = [
  waiting(reading, { name: 'PipeReader.read', wait: (end, limits) => end.read(limits) }),
  waiting(reading, {
    name: 'PipeReader.readInto',
    variant: true,
    wait: (end, limits) => end.readInto(Buffer.alloc(8), limits),
  }),
  waiting(reading, {
    name: 'PipeReader iteration',
    variant: true,
    closedValue: { value: undefined, done: true },
    wait: (end, limits) => end.chunks(limits).next(),
  }),
  waiting(reading, {
    name: 'PipeReader.readSync',
    form: 'sync',
    wait: (end, limits) => {
      end.readSync(limits);
      return done;
    },
  }),
  waiting(writing, {
    name: 'PipeWriter.write',
    variant: true,
    wait: (end, limits) => end.write('x', limits),
  }),
  waiting(writing, {
    name: 'PipeWriter.writeSync',
    form: 'sync',
    variant: true,
    wait: (end, limits) => {
      end.writeSync('x', limits);
      return done;
    },
  }),
];
