/** What waits for descriptors: trying on before it waits. The rest is tested with each class. */

import { cpus } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { stream } from 'posix-ipc';

import * as deadline from '../../lib/core/deadline';
import { native } from '../../lib/native';
import { testIf } from '../support/machine';
import { codeThrownBy } from '../support/outcome';
import { temporaryPipe } from '../support/pipes';

const twoCpus = [cpus().length > 1, 'needs two CPUs'] as const;

afterEach(() => {
  jest.restoreAllMocks();
});

/**
 * Makes waits that end soon, until one of them has led to another that tries on. The clock stands
 * still: on a slow machine no wait would end soon.
 */
async function earnSpin({ reader, writer }: stream.Pipe): Promise<void> {
  const clock = jest.spyOn(deadline, 'now').mockReturnValue(deadline.now());
  const spins = jest.spyOn(native, 'readySpin').mockReturnValue(false);
  while (spins.mock.calls.length === 0) {
    const reading = reader.read();
    writer.tryWrite('x');
    await reading;
  }
  spins.mockRestore();
  clock.mockRestore();
}

testIf(...twoCpus)('a wait is not begun where trying on finds what is waited for', async () => {
  const { reader, writer } = temporaryPipe();
  await earnSpin({ reader, writer });
  await nextTurn();
  const starts = jest.spyOn(native, 'readyStart');
  jest.spyOn(native, 'readySpin').mockImplementation(() => writer.tryWrite('found') === 5);
  expect(String(await reader.read())).toBe('found');
  expect(starts).not.toHaveBeenCalled();
});

testIf(...twoCpus)('a Sync form does not sleep where trying on finds it', async () => {
  const { reader, writer } = temporaryPipe();
  await earnSpin({ reader, writer });
  const sleeps = jest.spyOn(native, 'readyWait');
  jest.spyOn(native, 'readySpin').mockImplementation(() => writer.tryWrite('found') === 5);
  expect(String(reader.readSync())).toBe('found');
  expect(sleeps).not.toHaveBeenCalled();
});

testIf(...twoCpus)('a Sync form that has slept for a moment tries on later', () => {
  const { reader, writer } = temporaryPipe();
  jest.spyOn(deadline, 'now').mockReturnValue(deadline.now());
  jest.spyOn(native, 'readyWait').mockImplementation(() => (writer.tryWrite('x') === 1 ? 0 : -1));
  const spins = jest.spyOn(native, 'readySpin').mockReturnValue(false);
  for (let i = 0; i < 3; i++) expect(String(reader.readSync())).toBe('x');
  expect(spins).toHaveBeenCalled();
});

testIf(...twoCpus)('trying on ends where it is ready, and yet there is nothing', async () => {
  const { reader, writer } = temporaryPipe();
  await earnSpin({ reader, writer });
  await nextTurn();
  const spins = jest.spyOn(native, 'readySpin').mockReturnValue(true);
  const reading = reader.read();
  expect(spins.mock.calls.length).toBeGreaterThan(0);
  writer.tryWrite('later');
  expect(String(await reading)).toBe('later');
});

test('trying on tells whether it has become ready, and lasts as long as it was told', () => {
  const { reader, writer } = temporaryPipe();
  const [into, out] = [1, 2];
  const handles = [reader, writer].map((end) => (end as unknown as { handle: number }).handle);
  const [reading = -1, writing = -1] = handles;
  const began = performance.now();
  expect(native.readySpin(reading, into, 3)).toBe(false);
  expect(performance.now() - began).toBeGreaterThanOrEqual(2.9);
  expect(native.readySpin(writing, out, Infinity)).toBe(true);
  writer.writeSync('x');
  expect(native.readySpin(reading, into, Infinity)).toBe(true);
});

test('a Sync form whose time is over ends, though it is ready, and yet there is nothing for who came first', async () => {
  const { reader, writer } = temporaryPipe();
  const first = reader.read();
  first.catch(() => undefined); // where the rest fails
  let calls = 0;
  jest.spyOn(native, 'readyWait').mockImplementation(() => {
    if (++calls === 1e5) throw new Error('it waits for ever');
    return 0;
  });
  expect(codeThrownBy(() => reader.readSync({ timeout: 5 }))).toBe('ETIMEDOUT');
  jest.restoreAllMocks();
  writer.writeSync('x');
  expect(String(await first)).toBe('x');
});
