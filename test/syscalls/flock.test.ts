/** flock, lockf, and the locks of fcntl: as in C. */

import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import {
  F_GETLK,
  F_LOCK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_RDLCK,
  F_SETLK,
  F_SETLKW,
  F_TEST,
  F_TLOCK,
  F_ULOCK,
  F_UNLCK,
  F_WRLCK,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from 'posix-ipc/syscalls';
import { fcntl, flock, lockf, type Flock } from 'posix-ipc/syscalls';

import { fileLock, Outsider, untilWaiting } from '../support/file-locks';
import { temporaryFile } from '../support/files';
import { codeThrownBy } from '../support/outcome';
import { soon } from '../support/wait-until';

const open: number[] = [];

function openFile(path: string, flags = 'r+'): number {
  const fd = openSync(path, flags);
  open.push(fd);
  return fd;
}

afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
});

function range(l_type: number, more: Partial<Flock> = {}): Flock {
  return { l_type, l_whence: SEEK_SET, l_start: 0, l_len: 0, ...more };
}

/** The code of the error that locking ends with. */
function codeOf(call: () => unknown): string | undefined {
  return codeThrownBy(() => {
    call();
  });
}

test('flock: two open files of one process exclude each other', () => {
  const path = temporaryFile('');
  const [one, other] = [openFile(path), openFile(path)];
  flock(one, LOCK_EX);
  expect(
    codeOf(() => {
      flock(other, LOCK_SH | LOCK_NB);
    }),
  ).toBe('EAGAIN');
  flock(one, LOCK_SH);
  flock(other, LOCK_SH);
  flock(one, LOCK_UN);
  flock(other, LOCK_EX | LOCK_NB);
  expect(
    codeOf(() => {
      flock(one, 3);
    }),
  ).toBe('EINVAL');
  expect(
    codeOf(() => {
      flock(999_999, LOCK_SH);
    }),
  ).toBe('EBADF');
});

test('fcntl: OFD locks of two open files exclude each other', () => {
  const path = temporaryFile('0123456789');
  const [one, other] = [openFile(path), openFile(path)];
  expect(fcntl(one, F_OFD_SETLK, range(F_WRLCK, { l_start: 2, l_len: 3n }))).toBe(0);
  expect(codeOf(() => fcntl(other, F_OFD_SETLK, range(F_RDLCK)))).toBe('EAGAIN');
  expect(fcntl(other, F_OFD_GETLK, range(F_RDLCK))).toEqual({
    l_type: F_WRLCK,
    l_whence: SEEK_SET,
    l_start: 2n,
    l_len: 3n,
    l_pid: -1,
  });
  expect(fcntl(other, F_OFD_GETLK, range(F_RDLCK, { l_start: 5 }))).toEqual({
    ...range(F_UNLCK, { l_start: 5n, l_len: 0n }),
    l_pid: 0,
  });
  fcntl(one, F_OFD_SETLK, range(F_UNLCK));
  expect(fcntl(other, F_OFD_SETLKW, range(F_WRLCK))).toBe(0);
  expect(codeOf(() => fcntl(one, F_OFD_SETLK, range(F_WRLCK, { l_pid: 1 })))).toBe('EINVAL');
});

test('fcntl: offsets from the position and from the end, and lengths below 0', () => {
  const path = temporaryFile('0123456789');
  const [one, other] = [openFile(path), openFile(path)];
  readSync(one, Buffer.alloc(4));
  fcntl(one, F_OFD_SETLK, range(F_WRLCK, { l_whence: SEEK_CUR, l_start: 1, l_len: -2n }));
  expect(fcntl(other, F_OFD_GETLK, range(F_WRLCK))).toMatchObject({ l_start: 3n, l_len: 2n });
  fcntl(one, F_OFD_SETLK, range(F_UNLCK));
  fcntl(one, F_OFD_SETLK, range(F_WRLCK, { l_whence: SEEK_END, l_start: -1 }));
  expect(fcntl(other, F_OFD_GETLK, range(F_WRLCK))).toMatchObject({ l_start: 9n, l_len: 0n });
  const far = { l_start: 2n ** 63n - 1n, l_len: 1n };
  expect(fcntl(other, F_OFD_SETLK, range(F_WRLCK, { l_start: 0, l_len: 9 }))).toBe(0);
  expect(codeOf(() => fcntl(other, F_OFD_SETLK, range(F_WRLCK, { ...far, l_len: 2n })))).toBe(
    'EOVERFLOW',
  );
  expect(codeOf(() => fcntl(other, F_OFD_SETLK, range(F_WRLCK, { l_start: -1 })))).toBe('EINVAL');
});

test('fcntl: POSIX locks are the process’s, and another process is kept out', async () => {
  const path = temporaryFile('');
  const outsider = await Outsider.of(fileLock('posix', path));
  const [one, other] = [openFile(path), openFile(path)];
  expect(fcntl(one, F_SETLK, range(F_WRLCK))).toBe(0);
  expect(fcntl(other, F_SETLKW, range(F_WRLCK))).toBe(0);
  expect(fcntl(other, F_GETLK, range(F_WRLCK)).l_type).toBe(F_UNLCK);
  expect(await outsider.ask('test')).toBe(`w 0 0 ${String(process.pid)}`);
  fcntl(one, F_SETLK, range(F_UNLCK));
  await outsider.hold('w 3 1');
  expect(codeOf(() => fcntl(one, F_SETLK, range(F_RDLCK)))).toBe('EAGAIN');
  expect(fcntl(one, F_GETLK, range(F_RDLCK))).toEqual({
    l_type: F_WRLCK,
    l_whence: SEEK_SET,
    l_start: 3n,
    l_len: 1n,
    l_pid: outsider.pid,
  });
});

test('lockf: from the position on', async () => {
  const path = temporaryFile('0123456789');
  const outsider = await Outsider.of(fileLock('posix', path));
  const fd = openFile(path);
  writeSync(fd, 'abcd');
  lockf(fd, F_LOCK, 2);
  expect(await outsider.ask('test')).toBe(`w 4 2 ${String(process.pid)}`);
  lockf(fd, F_TEST, 0);
  lockf(fd, F_ULOCK, 0n);
  await outsider.hold();
  expect(
    codeOf(() => {
      lockf(fd, F_TLOCK, 0);
    }),
  ).toBe('EAGAIN');
  expect(
    codeOf(() => {
      lockf(fd, F_TEST, 0);
    }),
  ).toBe('EACCES');
  expect(
    codeOf(() => {
      lockf(fd, 9, 0);
    }),
  ).toBe('EINVAL');
});

test('a descriptor of the wrong access is EBADF', () => {
  const path = temporaryFile('');
  const [reader, writer] = [openFile(path, 'r'), openFile(path, 'a')];
  for (const cmd of [F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW] as const) {
    expect(codeOf(() => fcntl(reader, cmd, range(F_WRLCK)))).toBe('EBADF');
    expect(codeOf(() => fcntl(writer, cmd, range(F_RDLCK)))).toBe('EBADF');
  }
  expect(
    codeOf(() => {
      lockf(reader, F_LOCK, 0);
    }),
  ).toBe('EBADF');
});

test('a struct flock is checked', () => {
  const fd = openFile(temporaryFile(''));
  const wrong: [unknown, string][] = [
    [undefined, 'ERR_INVALID_ARG_TYPE'],
    [0, 'ERR_INVALID_ARG_TYPE'],
    [{ ...range(F_WRLCK), l_type: 2 ** 16 }, 'ERR_OUT_OF_RANGE'],
    [{ ...range(F_WRLCK), l_whence: '0' }, 'ERR_INVALID_ARG_TYPE'],
    [{ ...range(F_WRLCK), l_start: 2n ** 63n }, 'ERR_OUT_OF_RANGE'],
    [{ ...range(F_WRLCK), l_len: 0.5 }, 'ERR_OUT_OF_RANGE'],
    [{ ...range(F_WRLCK), l_pid: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
    [{ ...range(F_WRLCK), l_type: 7 }, 'EINVAL'],
    [{ ...range(F_WRLCK), l_whence: 7 }, 'EINVAL'],
  ];
  for (const [lock, code] of wrong) {
    expect(codeOf(() => fcntl(fd, F_OFD_SETLK, lock as Flock))).toBe(code);
  }
  expect(codeOf(() => fcntl(fd, 12_345, 0))).toBe('EINVAL');
});

describe('calls that wait', () => {
  const calls: [string, string][] = [
    ['flock', 'flock(fd, LOCK_EX)'],
    ['posix', 'fcntl(fd, F_SETLKW, { l_type: F_WRLCK, l_whence: 0, l_start: 0, l_len: 0 })'],
    ['posix', 'lockf(fd, F_LOCK, 0)'],
    ['ofd', 'fcntl(fd, F_OFD_SETLKW, { l_type: F_WRLCK, l_whence: 0, l_start: 0, l_len: 0 })'],
  ];

  async function waiting(kind: string, call: string): Promise<[Worker, Outsider]> {
    const path = temporaryFile('');
    const outsider = await Outsider.of(fileLock(kind as 'ofd', path));
    await outsider.hold();
    const body = `
      const { openSync } = require('node:fs');
      const { parentPort } = require('node:worker_threads');
      const { fcntl, flock, lockf, F_LOCK, F_OFD_SETLKW, F_SETLKW, F_WRLCK, LOCK_EX } =
        require('posix-ipc/syscalls');
      const fd = openSync(${JSON.stringify(path)}, 'r+');
      ${call};
      parentPort.postMessage('done');
    `;
    const worker = new Worker(body, { eval: true });
    await untilWaiting(path);
    return [worker, outsider];
  }

  test.each(calls)('%s: %s waits', async (kind, call) => {
    const [worker, outsider] = await waiting(kind, call);
    const done = new Promise((resolve) => worker.once('message', resolve));
    await outsider.unlock();
    expect(await soon('the lock', done)).toBe('done');
    await worker.terminate();
  });

  test.each(calls)('%s: %s ends with its worker', async (kind, call) => {
    const [worker, outsider] = await waiting(kind, call);
    expect(await soon('the end', worker.terminate())).toBe(1);
    await outsider.unlock();
    expect(await outsider.ask('try')).toBe('done');
  });
});
