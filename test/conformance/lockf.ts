/** Rows of lockf(3): the call of posix-ipc/syscalls, and lock.FileLock of kind 'posix', which counts from the beginning. */

import { constants, readSync } from 'node:fs';

import { lock } from 'posix-ipc';
import { F_LOCK, F_TEST, F_TLOCK, F_ULOCK, lockf } from 'posix-ipc/syscalls';

import { adopt, untilWaiting } from '../support/file-locks';
import { start } from './elsewhere';
import { another, newFile, object, observerOf, play, raw, type Locker } from './file-locks';
import { absent, different, own, type Column, type Row } from './row';

const POSITION = 4;
const kind = 'posix';

const isRecordLock = absent('rows of fcntl have it');
const fromTheBeginning = absent('the class counts from the beginning');

/** One whose position is at 4. */
function positioned(locker = raw(kind)): Locker {
  readSync(locker.fd, Buffer.alloc(POSITION));
  return locker;
}

/** What others see after a lock from the position on; `place` says the same bytes to the class. */
function section(
  c: string,
  what: string,
  expected: string,
  length: number,
  place?: [start: number, length: number],
): Row {
  const sync = (): string => {
    const { fd, path } = positioned();
    const seen = observerOf(kind, path);
    lockf(fd, F_LOCK, length);
    return seen();
  };
  const promise = async (): Promise<string> => {
    const locker = object(kind);
    const seen = observerOf(kind, locker.path);
    await locker.step('W', ...(place ?? []));
    return seen();
  };
  return own(c, what, expected, sync, place === undefined ? fromTheBeginning : promise);
}

/** What comes of a call on two bytes while another process has locks. */
function busy(
  c: string,
  what: string,
  expected: string,
  [cmd, held]: readonly [cmd: number, held: string],
  promise: Column,
): Row {
  const sync = async (): Promise<void> => {
    const locker = positioned();
    await another(locker, held);
    lockf(locker.fd, cmd, 2);
  };
  return own(c, what, expected, sync, promise);
}

function tries(held: string): Column {
  return async () => {
    const locker = object(kind);
    await another(locker, held);
    return locker.step('w', POSITION, 2);
  };
}

/** The class tells who is in the way; it asks for what is to be locked. */
async function test(held: string): Promise<string> {
  const path = newFile();
  const file = adopt(lock.FileLock.openSync(path, { kind }));
  await another({ kind, path }, held);
  const inTheWay = await file.test({ start: POSITION, length: 2 });
  return inTheWay === undefined ? 'done' : 'EACCES';
}

export const lockfRows: Row[] = [
  section('lockf-section', 'from the position on', '----www----', 3, [POSITION, 3]),
  section('lockf-before', 'the bytes before it', '-www-------', -3),
  section('lockf-to-end', 'length 0: to any end', '----wwwwwww', 0, [POSITION, 0]),
  section('lockf-too-early', 'from before the beginning', 'EINVAL', -5),
  busy('lockf-busy', 'another has it', 'EAGAIN', [F_TLOCK, 'w 0 0'], tries('w 0 0')),
  busy('lockf-busy-reader', 'others share it', 'EAGAIN', [F_TLOCK, 'r 5 1'], tries('r 5 1')),
  busy('lockf-neighbour', 'the bytes beside', 'done', [F_TLOCK, 'w 6 0'], tries('w 6 0')),
  busy('lockf-test-busy', 'F_TEST: another has it', 'EACCES', [F_TEST, 'w 0 0'], () =>
    test('w 0 0'),
  ),
  busy(
    'lockf-test-reader',
    'F_TEST does not see those who share',
    'done',
    [F_TEST, 'r 5 1'],
    different('EACCES', 'the class asks for an exclusive lock', () => test('r 5 1')),
  ),
  busy('lockf-test-free', 'F_TEST: nobody has it', 'done', [F_TEST, 'w 6 0'], () => test('w 6 0')),
  busy('lockf-wrong-command', 'a command that there is not', 'EINVAL', [9, 'w 6 0'], isRecordLock),
  own(
    'lockf-unlock-part',
    'a part is released',
    'wwww--wwww-',
    async () => {
      const locker = positioned();
      const seen = observerOf(kind, locker.path);
      await play(locker, 'w 0 10');
      lockf(locker.fd, F_ULOCK, 2);
      return seen();
    },
    absent('guards are released whole'),
  ),
  own(
    'lockf-test-own',
    'F_TEST: one’s own is not in the way',
    'done',
    async () => {
      const locker = raw(kind);
      await locker.step('w');
      lockf(locker.fd, F_TEST, 0);
    },
    isRecordLock,
  ),
  own(
    'lockf-closed',
    'a closed descriptor',
    'EBADF',
    () => {
      const { fd, close } = raw(kind);
      close();
      lockf(fd, F_TLOCK, 0);
    },
    isRecordLock,
  ),
  own(
    'lockf-read-only',
    'a descriptor that cannot be written',
    'EBADF',
    () => {
      lockf(raw(kind, newFile(), constants.O_RDONLY).fd, F_TLOCK, 0);
    },
    () => object(kind, newFile(), constants.O_RDONLY).step('w'),
  ),
  own(
    'lockf-deadlock',
    'two wait for each other',
    'EDEADLK',
    async () => {
      const locker = raw(kind);
      await play(locker, 'w 0 1');
      const outsider = await another(locker, 'w 1 1');
      const end = outsider.ask('lock', 'w 0 1');
      await untilWaiting(locker.path);
      readSync(locker.fd, Buffer.alloc(1));
      try {
        lockf(locker.fd, F_LOCK, 1);
      } finally {
        locker.close();
        await end;
      }
    },
    isRecordLock,
  ),
  own(
    'lockf-waits',
    'it waits, and goes on',
    'done',
    async () => {
      const locker = raw(kind);
      await play(locker, 'w 0 0');
      const peer = start('lockf', { key: locker.path });
      await untilWaiting(locker.path);
      await locker.step('u');
      return peer.line();
    },
    isRecordLock,
  ),
];
