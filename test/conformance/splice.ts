/** Rows of splice(2), tee(2) and vmsplice(2). No suite has them in this form. */

import { constants } from 'node:fs';

import type { stream } from 'posix-ipc';
import { splice, SPLICE_F_NONBLOCK, tee, vmsplice } from 'posix-ipc/syscalls';

import { closeNow, NOT_OPEN, put, textFrom, textOf } from './descriptors';
import {
  fileWith,
  fullPipe,
  fullPipeObject,
  newPipe,
  PIPE_SIZE,
  pipeObject,
  type Ends,
} from './pipes';
import { resultsOf } from './result';
import { absent, different, own, type Column, type Row } from './row';

const UNKNOWN = 0x100;
const MUCH = 64;
const onlyForward = absent('sendFile moves what a descriptor has to read into a pipe');
const hasNoFlags = absent('sendFile has no flags');
const lowerFloor = absent('posix-ipc/syscalls alone has it');

/** What a file of this text brings into the pipe. */
function moved(
  c: string,
  what: string,
  expected: string,
  [text, offset, size]: [text: string, offset: number | null, size: number],
): Row {
  return own(
    c,
    what,
    expected,
    () => {
      const { reading, writing } = newPipe();
      splice(fileWith(text), offset, writing, null, size, 0);
      return textFrom(reading);
    },
    async () => {
      const { reader, writer } = pipeObject();
      const range = { length: size, ...(offset === null ? {} : { offset }) };
      await writer.sendFile(fileWith(text), range);
      return textOf(await reader.read());
    },
  );
}

/** How many bytes are said to be moved. */
function counted(c: string, what: string, expected: string, text: string): Row {
  return own(
    c,
    what,
    expected,
    () => splice(fileWith(text), null, newPipe().writing, null, MUCH, 0),
    () => pipeObject().writer.sendFile(fileWith(text)),
  );
}

/** A call that fails, in syscalls and in the class. */
function fails(
  c: string,
  what: string,
  expected: string,
  call: (ends: Ends) => unknown,
  promise: Column,
): Row {
  return own(c, what, expected, () => call(newPipe()), promise);
}

function withText({ writing, reading }: Ends): Ends {
  put(writing, 'x');
  return { writing, reading };
}

const moves: Row[] = [
  moved('splice-file', 'a file into a pipe', 'hello', ['hello', null, MUCH]),
  counted('splice-count', 'how many bytes were moved', '5', 'hello'),
  moved('splice-part', 'no more than asked for', 'hell', ['hello', null, 4]),
  moved('splice-offset', 'from an offset', 'ello', ['hello', 1, MUCH]),
  own(
    'splice-position',
    'with an offset the position of the file stays',
    'lohel',
    () => {
      const { reading, writing } = newPipe(0, 2 * PIPE_SIZE);
      const file = fileWith('hello');
      splice(file, 3, writing, null, MUCH, 0);
      splice(file, null, writing, null, 3, 0);
      return resultsOf(() => textFrom(reading));
    },
    async () => {
      const { reader, writer } = pipeObject({ capacity: 2 * PIPE_SIZE });
      const file = fileWith('hello');
      await writer.sendFile(file, { offset: 3 });
      await writer.sendFile(file, { length: 3 });
      return textOf(await reader.read());
    },
  ),
  own(
    'splice-to-file',
    'a pipe into a file, at an offset',
    '...XY.',
    () => {
      const { reading, writing } = newPipe();
      const file = fileWith('......');
      put(writing, 'XY');
      splice(reading, null, file, 3, 2, 0);
      return textFrom(file);
    },
    onlyForward,
  ),
  counted('splice-end', 'at the end of a file', '0', ''),
  own(
    'splice-pipe',
    'a pipe into a pipe',
    'through',
    () => {
      const [from, to] = [newPipe(), newPipe()];
      put(from.writing, 'through');
      splice(from.reading, null, to.writing, null, MUCH, 0);
      return textFrom(to.reading);
    },
    async () => {
      const [from, to] = [pipeObject(), pipeObject()];
      await from.writer.write('through');
      from.writer.close();
      await to.writer.sendFile(from.reader.fd);
      return textOf(await to.reader.read());
    },
  ),
];

function brokenPipe(): Ends {
  const ends = newPipe();
  closeNow(ends.reading);
  return ends;
}

function brokenObject(): stream.PipeWriter {
  const { reader, writer } = pipeObject();
  reader.close();
  return writer;
}

const refused: Row[] = [
  own(
    'splice-no-pipe',
    'a file into a file',
    'EINVAL',
    () => splice(fileWith('x'), null, fileWith(''), null, 1, 0),
    onlyForward,
  ),
  fails(
    'splice-pipe-offset',
    'an offset for a pipe',
    'ESPIPE',
    ({ writing }) => splice(fileWith('x'), null, writing, 0, 1, 0),
    absent('sendFile has no offset of the pipe'),
  ),
  own(
    'splice-negative',
    'an offset before the beginning',
    'EINVAL',
    different('ERR_OUT_OF_RANGE', 'null is what C says with NULL, and -1 would be', () =>
      splice(fileWith('x'), -1, newPipe().writing, null, 1, 0),
    ),
    different('ERR_OUT_OF_RANGE', 'arguments are checked before the call', () =>
      pipeObject().writer.sendFile(fileWith('x'), { offset: -1 }),
    ),
  ),
  fails(
    'splice-append',
    'into a file that is only appended to',
    'EINVAL',
    (ends) => {
      const file = fileWith('', constants.O_WRONLY | constants.O_APPEND);
      return splice(withText(ends).reading, null, file, null, 1, 0);
    },
    onlyForward,
  ),
  fails(
    'splice-same',
    'a pipe into itself',
    'EINVAL',
    (ends) => splice(withText(ends).reading, null, ends.writing, null, 1, 0),
    async () => {
      const { reader, writer } = pipeObject({ capacity: 2 * PIPE_SIZE });
      await writer.write('x');
      return writer.sendFile(reader.fd, { length: 1 });
    },
  ),
  fails(
    'splice-closed',
    'a descriptor that is not open',
    'EBADF',
    ({ writing }) => splice(NOT_OPEN, null, writing, null, 1, 0),
    () => pipeObject().writer.sendFile(NOT_OPEN),
  ),
  fails(
    'splice-direction',
    'from the writing end of a pipe',
    'EBADF',
    ({ writing }) => splice(writing, null, newPipe().writing, null, 1, 0),
    () => pipeObject().writer.sendFile(pipeObject().writer.fd),
  ),
  fails(
    'splice-flags',
    'a flag that there is not',
    'EINVAL',
    ({ writing }) => splice(fileWith('x'), null, writing, null, 1, UNKNOWN),
    hasNoFlags,
  ),
  fails(
    'splice-empty',
    'from an empty pipe, without waiting',
    'EAGAIN',
    ({ reading }) => splice(reading, null, fileWith(''), null, 1, SPLICE_F_NONBLOCK),
    onlyForward,
  ),
  own(
    'splice-full',
    'into a full pipe, without waiting',
    'EAGAIN',
    () => splice(fileWith('x'), null, fullPipe().writing, null, 1, SPLICE_F_NONBLOCK),
    different('ETIMEDOUT', 'it waits, for no time', () =>
      fullPipeObject().writer.sendFile(fileWith('x'), { timeout: 0 }),
    ),
  ),
  own(
    'splice-broken',
    'nobody reads',
    'EPIPE',
    () => splice(fileWith('x'), null, brokenPipe().writing, null, 1, 0),
    () => brokenObject().sendFile(fileWith('x')),
  ),
];

export const spliceRows: Row[] = [...moves, ...refused];

// ---- tee

/** A pipe with a text in it. */
function source(): number {
  const { reading, writing } = newPipe();
  put(writing, 'both');
  return reading;
}

function teeRow(
  c: string,
  what: string,
  expected: string,
  call: (from: number, into: Ends) => unknown,
): Row {
  return own(c, what, expected, () => call(source(), newPipe()), lowerFloor);
}

export const teeRows: Row[] = [
  teeRow('tee-copies', 'what is copied stays', 'both both', (from, { reading, writing }) => {
    tee(from, writing, MUCH, 0);
    return resultsOf(
      () => textFrom(from),
      () => textFrom(reading),
    );
  }),
  teeRow('tee-count', 'how many bytes were copied', '3', (from, { writing }) =>
    tee(from, writing, 3, 0),
  ),
  teeRow(
    'tee-empty',
    'from an empty pipe, without waiting, and at its end',
    'EAGAIN 0',
    (_from, { writing }) => {
      const empty = newPipe();
      return resultsOf(
        () => tee(empty.reading, writing, 1, SPLICE_F_NONBLOCK),
        () => {
          closeNow(empty.writing);
          return tee(empty.reading, writing, 1, SPLICE_F_NONBLOCK);
        },
      );
    },
  ),
  teeRow('tee-same', 'a pipe into itself', 'EINVAL', (_from, { reading, writing }) =>
    tee(reading, writing, 1, 0),
  ),
  teeRow('tee-no-pipe', 'from a file', 'EINVAL', (_from, { writing }) =>
    tee(fileWith('x'), writing, 1, 0),
  ),
  teeRow('tee-closed', 'a descriptor that is not open', 'EBADF', (from) =>
    tee(from, NOT_OPEN, 1, 0),
  ),
  teeRow('tee-flags', 'a flag that there is not', 'EINVAL', (from, { writing }) =>
    tee(from, writing, 1, UNKNOWN),
  ),
  teeRow('tee-broken', 'nobody reads', 'EPIPE', (from) => tee(from, brokenPipe().writing, 1, 0)),
];

// ---- vmsplice

const text = (words: string): Buffer => Buffer.from(words);

function vmspliceRow(
  c: string,
  what: string,
  expected: string,
  call: (ends: Ends) => unknown,
): Row {
  return own(c, what, expected, () => call(newPipe()), lowerFloor);
}

export const vmspliceRows: Row[] = [
  vmspliceRow('vmsplice-lays', 'memory into a pipe', 'in the pipe', ({ reading, writing }) => {
    const memory = text('in the pipe');
    vmsplice(writing, memory, 0);
    return textFrom(reading);
  }),
  vmspliceRow('vmsplice-reads', 'a pipe into memory', 'hell', ({ reading, writing }) => {
    const memory = Buffer.alloc(4);
    put(writing, 'hello');
    vmsplice(reading, memory, 0);
    return String(memory);
  }),
  vmspliceRow('vmsplice-empty', 'from an empty pipe, without waiting', 'EAGAIN', ({ reading }) =>
    vmsplice(reading, Buffer.alloc(4), SPLICE_F_NONBLOCK),
  ),
  vmspliceRow('vmsplice-full', 'into a full pipe, without waiting', 'EAGAIN', () =>
    vmsplice(fullPipe().writing, text('x'), SPLICE_F_NONBLOCK),
  ),
  vmspliceRow('vmsplice-closed', 'a descriptor that is not open', 'EBADF', () =>
    vmsplice(NOT_OPEN, text('x'), 0),
  ),
  vmspliceRow('vmsplice-no-pipe', 'a file', 'EBADF', () => vmsplice(fileWith(''), text('x'), 0)),
  vmspliceRow('vmsplice-flags', 'a flag that there is not', 'EINVAL', ({ writing }) =>
    vmsplice(writing, text('x'), UNKNOWN),
  ),
  vmspliceRow('vmsplice-broken', 'nobody reads', 'EPIPE', () =>
    vmsplice(brokenPipe().writing, text('x'), 0),
  ),
];
