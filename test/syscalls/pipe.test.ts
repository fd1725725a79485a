/** posix-ipc/syscalls: pipe, mkfifo, splice and what belongs to them. */

import { closeSync, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import {
  F_GETPIPE_SZ,
  F_SETPIPE_SZ,
  fcntl,
  mkfifo,
  O_CLOEXEC,
  O_DIRECT,
  O_NONBLOCK,
  pipe,
  pipe2,
  splice,
  SPLICE_F_MOVE,
  SPLICE_F_NONBLOCK,
  tee,
  vmsplice,
} from 'posix-ipc/syscalls';

import { untilBlockedIn } from '../support/blocked';
import { temporaryFile } from '../support/files';
import { codeThrownBy } from '../support/outcome';
import { blocks, temporaryPath } from '../support/pipes';
import { soon } from '../support/wait-until';

const open: number[] = [];

function make(flags = 0): [number, number] {
  const ends = pipe2(flags | O_CLOEXEC);
  open.push(...ends);
  return ends;
}

function file(text: string): number {
  const fd = openSync(temporaryFile(text), 'r+');
  open.push(fd);
  return fd;
}

afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
});

function textOf(fd: number): string {
  const buffer = Buffer.alloc(100);
  return buffer.toString('utf8', 0, readSync(fd, buffer));
}

test('pipe and pipe2', () => {
  const [reading, writing] = pipe();
  open.push(reading, writing);
  writeSync(writing, 'x');
  expect(textOf(reading)).toBe('x');
  expect([fstatSync(reading).isFIFO(), blocks(reading)]).toEqual([true, true]);
  const [packets, other] = make(O_DIRECT | O_NONBLOCK);
  writeSync(other, 'one');
  writeSync(other, 'two');
  expect([textOf(packets), textOf(packets), blocks(other)]).toEqual(['one', 'two', false]);
  expect(codeThrownBy(() => pipe2(1))).toBe('EINVAL');
  expect(codeThrownBy(() => pipe2('0' as never))).toBe('ERR_INVALID_ARG_TYPE');
});

test('fcntl', () => {
  const [reading, writing] = make();
  expect(fcntl(writing, F_SETPIPE_SZ, 5000)).toBe(8192);
  expect(fcntl(reading, F_GETPIPE_SZ)).toBe(8192);
  expect(codeThrownBy(() => fcntl(-1, F_GETPIPE_SZ))).toBe('EBADF');
});

test('mkfifo: the umask applies', () => {
  const path = temporaryPath();
  const before = process.umask(0o027);
  mkfifo(path, 0o666);
  process.umask(before);
  expect(statSync(path).isFIFO()).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(
    codeThrownBy(() => {
      mkfifo(path, 0o600);
    }),
  ).toBe('EEXIST');
});

test('splice, with and without offsets', () => {
  const [reading, writing] = make();
  const source = file('abcdef');
  expect(splice(source, null, writing, null, 2, SPLICE_F_MOVE)).toBe(2);
  expect(splice(source, 1n, writing, null, 2, 0)).toBe(2);
  expect(splice(source, null, writing, null, 100, 0)).toBe(4);
  expect(textOf(reading)).toBe('abbccdef');
  writeSync(writing, 'XY');
  const target = file('......');
  expect(splice(reading, null, target, 3, 2, 0)).toBe(2);
  expect(textOf(target)).toBe('...XY.');
  expect(splice(source, 6, writing, null, 1, 0)).toBe(0);
  expect(codeThrownBy(() => splice(reading, null, target, null, 1, SPLICE_F_NONBLOCK))).toBe(
    'EAGAIN',
  );
  expect(codeThrownBy(() => splice(source, null, target, null, 1, 0))).toBe('EINVAL');
  expect(codeThrownBy(() => splice(source, null, writing, 0, 1, 0))).toBe('ESPIPE');
  expect(codeThrownBy(() => splice(source, -1, writing, null, 1, 0))).toBe('ERR_OUT_OF_RANGE');
});

test('tee leaves what it copies', () => {
  const [[reading, writing], [second, into]] = [make(), make()];
  writeSync(writing, 'both');
  expect(tee(reading, into, 100, 0)).toBe(4);
  expect([textOf(reading), textOf(second)]).toEqual(['both', 'both']);
  expect(codeThrownBy(() => tee(reading, into, 1, SPLICE_F_NONBLOCK))).toBe('EAGAIN');
  expect(codeThrownBy(() => tee(reading, writing, 1, 0))).toBe('EINVAL');
});

test('vmsplice, in both directions', () => {
  const [reading, writing] = make();
  const memory = Buffer.from('in the pipe');
  expect(vmsplice(writing, memory.subarray(3), 0)).toBe(8);
  const got = Buffer.alloc(3);
  expect(vmsplice(reading, got, 0)).toBe(3);
  expect(String(got)).toBe('the');
  expect(textOf(reading)).toBe(' pipe');
  expect(codeThrownBy(() => vmsplice(reading, got, SPLICE_F_NONBLOCK))).toBe('EAGAIN');
  expect(codeThrownBy(() => vmsplice(-1, got, 0))).toBe('EBADF');
  expect(codeThrownBy(() => vmsplice(writing, 'text' as never, 0))).toBe('ERR_INVALID_ARG_TYPE');
});

test('EPIPE where nobody reads', () => {
  const [reading, writing] = pipe2(O_CLOEXEC);
  const [source, filling] = make();
  writeSync(filling, 'x');
  const bytes = file('x');
  closeSync(reading);
  open.push(writing);
  expect(codeThrownBy(() => splice(bytes, 0, writing, null, 1, 0))).toBe('EPIPE');
  expect(codeThrownBy(() => vmsplice(writing, Buffer.from('x'), 0))).toBe('EPIPE');
  expect(codeThrownBy(() => tee(source, writing, 1, 0))).toBe('EPIPE');
});

test('a worker that blocks in one can be ended', async () => {
  const [reading, writing] = make();
  const [, into] = make();
  const text = `
    const { tee } = require('posix-ipc/syscalls');
    tee(${String(reading)}, ${String(into)}, 1, 0);`;
  const worker = new Worker(text, { eval: true });
  await untilBlockedIn('tee', process.pid);
  await soon('its end', worker.terminate());
  writeSync(writing, 'x');
  expect(textOf(reading)).toBe('x');
});
