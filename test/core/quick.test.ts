/** Calls of the addon whose numbers, and whose answer, pass through memory. */

import { posix } from 'posix-ipc';

import { quick1, quick2, quick3, quick4, quick5 } from '../../lib/core/quick';
import { F_WRLCK } from '../../lib/lock/constants';
import { native } from '../../lib/native';
import { OwnedDescriptor } from '../../lib/core/owned-descriptor';
import { handleOf } from '../../lib/core/mapping';
import { fileLock } from '../support/file-locks';
import { someMemory } from '../support/mutexes';

function newMutex(): number {
  const memory = handleOf(someMemory());
  expect(native.mutexInit(memory, 0, false)).toBe(0);
  return native.mutexAt(memory, 0);
}

test('the numbers come to the addon, and the answer back', () => {
  const mutex = newMutex();
  expect(quick2(native.mutexTrylock, mutex, 0)).toBe(0);
  expect(quick2(native.mutexTrylock, mutex, 0)).toBeLessThan(0);
  expect(quick1(native.mutexUnlock, mutex)).toBe(0);
  expect(quick1(native.mutexUnlock, mutex)).toBeLessThan(0);
  native.mutexClose(mutex);
});

test.each([NaN, Infinity, -Infinity, 0.5, 2 ** 31, -(2 ** 31) - 1, 1e300])(
  'what is no number of a handle is told by the argument: %d',
  (value) => {
    const failure: unknown = expect.objectContaining({
      code: 'ERR_OUT_OF_RANGE',
      message: expect.stringContaining('"mutex"') as string,
    });
    expect(() => quick1(native.mutexUnlock, value)).toThrow(failure as Error);
  },
);

test('a second number is checked, too', () => {
  const mutex = newMutex();
  expect(() => quick2(native.mutexTrylock, mutex, NaN)).toThrow(/"barging"/);
  expect(quick2(native.mutexTrylock, mutex, 0)).toBe(0); // nothing was taken before
  expect(quick1(native.mutexUnlock, mutex)).toBe(0);
  native.mutexClose(mutex);
});

test('five numbers, of which each is checked', () => {
  const file = fileLock('ofd');
  const descriptor = OwnedDescriptor.copyOf(file.fd);
  const numbers = [descriptor.handle, 0, F_WRLCK, 2, 40] as const;
  expect(quick5(native.fileLockQuick, ...numbers)).toBe(0);
  expect(file.held).toMatchObject([{ start: 2n, length: 40n, shared: false }]);
  expect(quick3(native.fileLockWhole, descriptor.handle, 0, F_WRLCK)).toBe(0);
  expect(file.held).toMatchObject([{ start: 0n, length: 0n, shared: false }]);
  for (const [i, name] of ['descriptor', 'kind', 'type', 'start', 'length'].entries()) {
    const odd = numbers.map((number, at) => (at === i ? 0.5 : number)) as unknown as typeof numbers;
    expect(() => quick5(native.fileLockQuick, ...odd)).toThrow(`"${name}"`);
  }
  descriptor.close();
});

test('three and four numbers, and an answer of more than 32 bits', () => {
  const name = `/posix-ipc-quick-${String(process.pid)}`;
  const queue = posix.MessageQueue.createSync(name, { maxMessages: 1, messageSize: 8 });
  const descriptor = OwnedDescriptor.copyOf(queue.fd);
  const memory = Buffer.from('abcdefgh');
  const slab = native.registerSlab(memory);
  expect(quick4(native.mqTrySendQuick, descriptor.handle, slab, 8, 3)).toBe(0);
  memory.fill(0);
  const answer = quick3(native.mqTryReceiveQuick, descriptor.handle, slab, 8);
  expect(answer).toBe(3 * 2 ** 32 + 8);
  expect(memory.toString()).toBe('abcdefgh');
  expect(() => quick3(native.mqTryReceiveQuick, descriptor.handle, slab, 9)).toThrow('"length"');
  // The last number that a slab can have: the suites that a process has run before have registered many.
  expect(() => quick4(native.mqTrySendQuick, descriptor.handle, 4095, 8, 3)).toThrow('"message"');
  expect(() => quick4(native.mqTrySendQuick, descriptor.handle, slab, 8, -1e10)).toThrow(
    '"priority"',
  );
  descriptor.close();
  queue.close();
  queue.unlinkSync();
});
