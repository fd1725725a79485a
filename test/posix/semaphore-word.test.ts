/** Taking and giving without a call into C, where the libc is known. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { posix } from 'posix-ipc';

import { handleOf } from '../../lib/core/mapping';
import { native } from '../../lib/native';
import { O_CREAT } from '../../lib/posix/constants';
import { SemaphoreWord } from '../../lib/posix/semaphore-word';
import { testIf } from '../support/machine';
import { anonymous } from '../support/mappings';
import { temporarySemaphore, unusedName } from '../support/semaphores';
import { soon } from '../support/wait-until';

const most = 2 ** 31 - 1;
const open = (name: string, value = 0): number => native.semOpen(name, O_CREAT, 0o600, true, value);

const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
const isKnown = header.glibcVersionRuntime !== undefined && ['x64', 'arm64'].includes(process.arch);
const known = [isKnown, 'a libc whose semaphores are left to it'] as const;

test('glibc on 64 bits is known, others are left to themselves', () => {
  const handle = open(unusedName(), 1);
  const words = native.semWords(handle);
  expect(words !== null).toBe(isKnown);
  expect(native.semWords(handle)).toBe(words);
  expect(new SemaphoreWord(handle).take()).toBe(isKnown);
  native.semClose(handle);
});

testIf(...known)('libc sees what was taken and given', () => {
  const handle = open(unusedName(), 2);
  const word = new SemaphoreWord(handle);
  const value = (): number => native.semGetvalue(handle);
  expect([word.take(), value(), word.take(), value()]).toEqual([true, 1, true, 0]);
  expect([word.take(), value()]).toEqual([false, 0]);
  expect([word.give(), value()]).toEqual([true, 1]);
  expect([native.semPostMany(handle, 3), word.give(), value()]).toEqual([0, true, 5]);
  native.semClose(handle);
});

testIf(...known)('what has as many posts as it can is left to libc', () => {
  const handle = open(unusedName(), most - 1); // that many posts are many seconds
  const word = new SemaphoreWord(handle);
  const value = (): number => native.semGetvalue(handle);
  expect([word.give(), value()]).toEqual([true, most]);
  expect([word.give(), value()]).toEqual([false, most]);
  native.semClose(handle);
});

testIf(...known)('nobody calls C where nobody waits', () => {
  const calls = [jest.spyOn(native, 'semPost'), jest.spyOn(native, 'semTrywait')];
  const semaphore = temporarySemaphore(1);
  expect(semaphore.tryWait()).toBe(true);
  semaphore.post();
  semaphore.waitSync();
  semaphore.post();
  for (const call of calls) {
    expect(call).not.toHaveBeenCalled();
    call.mockRestore();
  }
  expect(semaphore.value).toBe(1);
});

test('what is no semaphore of many processes is left to libc', () => {
  const mapping = anonymous(4096, { shared: true });
  const handle = native.semInit(handleOf(mapping), 0, 0, 1);
  const word = new SemaphoreWord(handle);
  expect([word.take(), word.give(), native.semGetvalue(handle)]).toEqual([false, false, 1]);
  native.semDestroy(handle);
});

testIf(...known)('the words are empty when the last of two handles is closed', () => {
  const name = unusedName();
  const [one, other] = [open(name, 3), open(name)];
  expect(other).toBe(one);
  const word = new SemaphoreWord(one);
  const words = native.semWords(one);
  expect(word.take()).toBe(true);
  native.semClose(one);
  expect([word.take(), words?.byteLength]).toEqual([true, 32]);
  native.semClose(other);
  expect(words?.byteLength).toBe(0);
  expect([word.take(), word.give(), native.semWords(one)]).toEqual([false, false, null]);
});

test('closing one object of a name leaves the other one, and a guard, at work', () => {
  const one = temporarySemaphore(2);
  const other = posix.Semaphore.openSync(one.name);
  const guard = one.acquireSync();
  expect(one.tryWait()).toBe(true);
  one.close();
  other.post();
  expect([other.tryWait(), other.tryWait()]).toEqual([true, false]);
  guard.release();
  expect(other.value).toBe(1);
  other.close();
});

test('a mapping whose semaphore was used and closed can be resized at once', () => {
  const mapping = anonymous(8192, { shared: true });
  const semaphore = posix.Semaphore.at(mapping, 0, { value: 1 });
  expect(semaphore.tryWait()).toBe(true);
  semaphore.close();
  mapping.resizeSync(4096);
  expect(mapping.length).toBe(4096);
});

test('threads take turns at one semaphore', async () => {
  const semaphore = temporarySemaphore(1);
  const counter = new Int32Array(new SharedArrayBuffer(4));
  const program = `
    const { workerData: { name, counter } } = require('node:worker_threads');
    const semaphore = require('posix-ipc').posix.Semaphore.openSync(name);
    for (let i = 0; i < 20_000; i++) {
      if (i % 2 === 0) semaphore.waitSync();
      else while (!semaphore.tryWait()) {}
      counter[0]++;
      semaphore.post();
    }
    semaphore.close();`;
  const workerData = { name: semaphore.name, counter };
  const ends = [1, 2, 3].map(() => once(new Worker(program, { eval: true, workerData }), 'exit'));
  await soon('the threads', Promise.all(ends));
  expect([counter[0], semaphore.value]).toEqual([60_000, 1]);
});
