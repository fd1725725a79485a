/** Rows of pipe2(2) and fcntl(2): the flags and the capacity of a pipe. */

import { constants, readFileSync } from 'node:fs';

import type { stream } from 'posix-ipc';
import {
  F_GETPIPE_SZ,
  F_SETPIPE_SZ,
  fcntl,
  O_CLOEXEC,
  O_NONBLOCK,
  pipe2,
} from 'posix-ipc/syscalls';

import { flagsOf } from '../support/pipes';
import { adoptDescriptor, NOT_OPEN, put } from './descriptors';
import { asNobody } from './elsewhere';
import { root } from './needs';
import { fileWith, newPipe, PIPE_SIZE, pipeObject } from './pipes';
import { resultsOf } from './result';
import { absent, different, own, type Row } from './row';

function flag(
  c: string,
  what: string,
  expected: string,
  [flags, wanted]: [flags: number, wanted: number],
  ofClass: (isSet: (fd: number) => string) => Row['promise'],
): Row {
  const isSet = (fd: number): string => ((flagsOf(fd) & wanted) === 0 ? 'not set' : 'set');
  return own(c, what, expected, () => isSet(newPipe(flags).reading), ofClass(isSet));
}

export const pipeFlagRows: Row[] = [
  flag(
    'pipe-cloexec',
    'O_CLOEXEC',
    'set',
    [O_CLOEXEC, O_CLOEXEC],
    (isSet) => () => isSet(pipeObject().reader.fd),
  ),
  flag('pipe-no-cloexec', 'without it', 'not set', [0, O_CLOEXEC], (isSet) =>
    different('set', 'objects never pass on their descriptors by chance', () =>
      isSet(pipeObject().reader.fd),
    ),
  ),
  flag(
    'pipe-nonblock',
    'O_NONBLOCK',
    'set',
    [O_NONBLOCK, O_NONBLOCK],
    (isSet) => () => isSet(pipeObject({ nonBlocking: true }).reader.fd),
  ),
  flag(
    'pipe-no-nonblock',
    'without it',
    'not set',
    [0, O_NONBLOCK],
    (isSet) => () => isSet(pipeObject().reader.fd),
  ),
  own(
    'pipe-flags',
    'another flag',
    'EINVAL',
    () => pipe2(constants.O_APPEND).map(adoptDescriptor),
    absent('the class has options'),
  ),
];

/** A call that throws, as the class's setter does. */
function set(pipe: stream.Pipe, size: number): number {
  pipe.writer.capacity = size;
  return pipe.reader.capacity;
}

const largest = Number(readFileSync('/proc/sys/fs/pipe-max-size', 'latin1'));
const noSuchObject = absent('an object has a pipe');

export const pipeCapacityRows: Row[] = [
  own(
    'pipe-capacity-rounds',
    'it is rounded up',
    '8192 8192',
    () => {
      const { reading, writing } = newPipe();
      return resultsOf(
        () => fcntl(writing, F_SETPIPE_SZ, PIPE_SIZE + 1),
        () => fcntl(reading, F_GETPIPE_SZ),
      );
    },
    () => {
      const pipe = pipeObject();
      return resultsOf(
        () => set(pipe, PIPE_SIZE + 1),
        () => pipe.writer.capacity,
      );
    },
  ),
  own(
    'pipe-capacity-least',
    'one byte: a page',
    '4096',
    () => fcntl(newPipe(0, 2 * PIPE_SIZE).writing, F_SETPIPE_SZ, 1),
    () => set(pipeObject({ capacity: 2 * PIPE_SIZE }), 1),
  ),
  own(
    'pipe-capacity-busy',
    'less than it holds',
    'EBUSY',
    () => {
      const { writing } = newPipe(0, 2 * PIPE_SIZE);
      put(writing, Buffer.alloc(2 * PIPE_SIZE));
      return fcntl(writing, F_SETPIPE_SZ, PIPE_SIZE);
    },
    async () => {
      const pipe = pipeObject({ capacity: 2 * PIPE_SIZE });
      await pipe.writer.write(Buffer.alloc(2 * PIPE_SIZE));
      return set(pipe, PIPE_SIZE);
    },
  ),
  own(
    'pipe-capacity-too-large',
    'more than 2 GiB',
    'EINVAL',
    () => fcntl(newPipe().writing, F_SETPIPE_SZ, -1),
    different('ERR_OUT_OF_RANGE', 'arguments are checked before the call', () =>
      set(pipeObject(), 2 ** 32 - 1),
    ),
  ),
  {
    ...own(
      'pipe-capacity-forbidden',
      'more than fs.pipe-max-size, by another user',
      'EPERM',
      () => asNobody('pipe-capacity', largest + 1),
      () => asNobody('writer-capacity', largest + 1),
    ),
    needs: root,
  },
  own(
    'pipe-capacity-closed',
    'a descriptor that is not open',
    'EBADF',
    () => fcntl(NOT_OPEN, F_GETPIPE_SZ),
    noSuchObject,
  ),
  own(
    'pipe-capacity-of-file',
    'a file that is no pipe',
    'EBADF',
    () => fcntl(fileWith(''), F_GETPIPE_SZ),
    noSuchObject,
  ),
];
