/** event.Futex: wait, waitSync, tryWait, wake. */

import { truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { ClosedError, event, type memory, SystemError } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { temporaryFile } from '../support/files';
import { anonymous, mapped } from '../support/mappings';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { startNode } from '../support/processes';
import { futexThreads, untilNothingIsParked } from '../support/threads';
import { soon, waitUntil } from '../support/wait-until';

interface Memory {
  words: Int32Array;
  futex: event.Futex;
  mapping: memory.Mapping;
}

function word(byteOffset = 0): Memory {
  const mapping = anonymous(8192, { shared: true });
  return { mapping, words: mapping.view(Int32Array), futex: new event.Futex(mapping, byteOffset) };
}

/** So many promise forms have reached the kernel: with one word each thread has one. */
const sleeping = (threads = 1): Promise<void> =>
  untilBlockedIn('futex_waitv', process.pid, undefined, threads);

afterEach(untilNothingIsParked);

describe.each([
  ['wait', (futex: event.Futex, expected: number) => futex.wait(expected)],
  [
    'waitSync',
    (futex: event.Futex, expected: number) =>
      Promise.resolve().then(() => futex.waitSync(expected)),
  ],
  [
    'tryWait',
    (futex: event.Futex, expected: number) => Promise.resolve().then(() => futex.tryWait(expected)),
  ],
] as const)('%s', (_name, wait) => {
  test('tells that the word is another', async () => {
    const { words, futex } = word(4);
    words[1] = 7;
    expect(await wait(futex, 0)).toBe('not-equal');
    words[1] = -1;
    expect(await wait(futex, 0)).toBe('not-equal');
  });

  test.each([0.5, 2 ** 32, -(2 ** 31) - 1, NaN])('%p is no word', async (expected) => {
    expect(await codeOfRejection(wait(word().futex, expected))).toBe('ERR_OUT_OF_RANGE');
  });

  test('other arguments', async () => {
    expect(await codeOfRejection(wait(word().futex, '0' as never))).toBe('ERR_INVALID_ARG_TYPE');
    const { futex } = word();
    futex.close();
    expect(await rejectionOf(wait(futex, 0))).toBeInstanceOf(ClosedError);
  });
});

describe('tryWait', () => {
  test('answers undefined where it would have to wait, for signed and unsigned values', () => {
    const { words, futex } = word();
    expect(futex.tryWait(0)).toBeUndefined();
    words[0] = -1;
    expect(futex.tryWait(-1)).toBeUndefined();
    expect(futex.tryWait(2 ** 32 - 1)).toBeUndefined();
    expect(futex.tryWait(1)).toBe('not-equal');
  });
});

describe('wait', () => {
  test('is woken', async () => {
    const { words, futex } = word(8);
    const waiting = futex.wait(0);
    await sleeping();
    Atomics.store(words, 2, 1);
    expect(futex.wake()).toBe(1);
    expect(await soon('the wait', waiting)).toBe('ok');
    expect(futex.wake()).toBe(0);
  });

  test('is woken also where the word is the same again', async () => {
    const { futex } = word();
    const waiting = futex.wait(0);
    await sleeping();
    expect(futex.wake()).toBe(1);
    expect(await soon('the wait', waiting)).toBe('ok');
  });

  test('a change alone wakes nobody', async () => {
    const { words, futex } = word();
    let ended = false;
    const waiting = futex.wait(0).then(() => (ended = true));
    await sleeping();
    words[0] = 1;
    await sleep(20);
    expect(ended).toBe(false);
    futex.wake();
    await soon('the wait', waiting);
  });

  test('a change between the call and the sleep is seen', async () => {
    const { words, futex } = word();
    for (let round = 0; round < 200; round++) {
      const waiting = futex.wait(round);
      Atomics.store(words, 0, round + 1);
      futex.wake();
      expect(['ok', 'not-equal']).toContain(await soon('the wait', waiting));
    }
  });

  test.each([0, 1, 30])('a timeout of %i ms', async (timeout) => {
    const { futex } = word();
    const begin = performance.now();
    const error = await rejectionOf(futex.wait(0, { timeout }));
    expect(performance.now() - begin).toBeGreaterThanOrEqual(timeout);
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'futex' });
    expect(error.stack?.split('\n')[1]).toContain(__filename);
  });

  test('an abort, and wrong options', async () => {
    const { futex } = word();
    const controller = new AbortController();
    const waiting = futex.wait(0, { signal: controller.signal });
    await sleeping();
    controller.abort(new Error('enough'));
    expect((await rejectionOf(waiting)).message).toBe('enough');
    expect(futex.wake()).toBe(0);
    expect(await codeOfRejection(futex.wait(0, { timeout: -1 }))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(futex.wait(0, { signal: 1 as never }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
    const aborted = futex.wait(0, { signal: AbortSignal.abort('before') });
    await expect(aborted).rejects.toBe('before');
  });

  test('closing ends it: of the futex, and of the mapping', async () => {
    const one = word();
    const other = word();
    const waiting = [one.futex.wait(0), other.futex.wait(0)];
    const ends = Promise.all(waiting.map(codeOfRejection));
    await sleeping();
    one.futex.close();
    other.mapping.close();
    expect([one.futex.closed, other.futex.closed]).toEqual([true, true]);
    expect(await soon('the ends', ends)).toEqual(['ERR_CLOSED', 'ERR_CLOSED']);
  });

  test('the memory stays while it is waited for', async () => {
    const { futex, mapping } = word();
    const waiting = futex.wait(0);
    await sleeping();
    expect(
      codeThrownBy(() => {
        mapping.resizeSync(4096);
      }),
    ).toBe('EBUSY');
    futex.wake();
    await waiting;
    mapping.resizeSync(4096);
  });
});

describe('waits for one word', () => {
  test('are woken one by one', async () => {
    const { words, futex } = word();
    const ended: number[] = [];
    const waits = Array.from({ length: 6 }, (_, i) => futex.wait(0).then(() => ended.push(i)));
    await sleeping(6);
    words[0] = 1;
    for (const [count, sum] of [
      [1, 1],
      [2, 3],
      [0, 3],
    ] as const) {
      expect(futex.wake(count)).toBe(count);
      await waitUntil('so many ends', () => ended.length >= sum);
      await sleep(5);
      expect(ended).toHaveLength(sum);
    }
    expect(futex.wake()).toBe(3);
    await soon('all', Promise.all(waits));
  });

  test('a wait that is aborted leaves the wake to another', async () => {
    const { futex } = word();
    const controller = new AbortController();
    const one = futex.wait(0, { signal: controller.signal }).catch(() => 'aborted');
    const other = futex.wait(0);
    await sleeping(2);
    controller.abort();
    expect(await one).toBe('aborted');
    expect(futex.wake(1)).toBe(1);
    expect(await soon('the other', other)).toBe('ok');
  });
});

describe.each([
  ['with futex_waitv', {}],
  ['without futex_waitv', { POSIX_IPC_FUTEX_WAITV: '0' }],
])('%s', (name, variables) => {
  test('1,000 waits for 1,000 words: each is woken, nothing burns meanwhile', async () => {
    const peer = startNode('futex-many', [], { env: { ...process.env, ...variables } });
    const { threads, time, turns, ...rest } = (await peer.json()) as Record<string, number>;
    expect(rest).toEqual({ ok: 1000, again: 1000, aborted: 1000 });
    // A group has 127 words; one more thread may have begun while others were being filled.
    if (name === 'with futex_waitv') expect(threads).toBeLessThanOrEqual(16);
    else expect(threads).toBeGreaterThanOrEqual(1000);
    expect(time).toBe(0);
    expect(turns).toBeLessThan(20); // of the event loop: one that spins has thousands
    await peer.success();
  });
});

describe('wake', () => {
  test.each([-1, 0.5, NaN, 2 ** 31])('%p is no count', (count) => {
    expect(codeThrownBy(() => word().futex.wake(count))).toBe('ERR_OUT_OF_RANGE');
  });

  test('on a closed one', () => {
    const { futex } = word();
    futex.close();
    futex.close();
    expect(codeThrownBy(() => futex.wake())).toBe('ERR_CLOSED');
  });

  test('wakes a worker whose thread waits', async () => {
    const file = temporaryFile(Buffer.alloc(4096));
    const mapping = mapped(file, { access: 'write' });
    const futex = new event.Futex(mapping);
    const program = `
      const { openSync, closeSync } = require('node:fs');
      const { workerData, parentPort } = require('node:worker_threads');
      const { event, memory } = require('posix-ipc');
      const fd = openSync(workerData, 'r+');
      const mapping = memory.mapSync(fd, { access: 'write' });
      closeSync(fd);
      parentPort.postMessage(new event.Futex(mapping).waitSync(0));`;
    const worker = new Worker(program, { eval: true, workerData: file });
    const result = new Promise((resolve) => worker.once('message', resolve));
    await untilBlockedIn('futex', process.pid);
    mapping.view(Int32Array)[0] = 1;
    // A worker looks up every 20 ms, and then asks for the word again.
    futex.wake();
    expect(await soon('the worker', result)).toBe('ok');
    await worker.terminate();
  });
});

describe('a futex', () => {
  test('is at a multiple of four bytes, inside of the mapping', () => {
    const mapping = anonymous(64, { shared: true });
    const at = (offset: unknown): string =>
      codeThrownBy(() => new event.Futex(mapping, offset as number));
    expect([1, 2, 3, 61, 64, -4, 0.5].map(at)).toEqual(
      Array.from({ length: 7 }, () => 'ERR_OUT_OF_RANGE'),
    );
    expect(at('0')).toBe('ERR_INVALID_ARG_TYPE');
    expect(new event.Futex(mapping, 60).byteOffset).toBe(60);
    expect(new event.Futex(mapping).mapping).toBe(mapping);
    const shifted = mapped(temporaryFile(Buffer.alloc(64)), { access: 'write', offset: 2 });
    expect(codeThrownBy(() => new event.Futex(shifted))).toBe('ERR_OUT_OF_RANGE');
  });

  test('needs a mapping that is open, and whose changes others see', () => {
    const file = temporaryFile(Buffer.alloc(4096));
    expect(codeThrownBy(() => new event.Futex(mapped(file)))).toBe('ERR_OUT_OF_RANGE');
    expect(codeThrownBy(() => new event.Futex({} as never))).toBe('ERR_INVALID_ARG_TYPE');
    const mapping = mapped(file, { access: 'write' });
    mapping.close();
    expect(codeThrownBy(() => new event.Futex(mapping))).toBe('ERR_CLOSED');
  });

  test('of memory without access, or of a file that was truncated, fails with EFAULT', async () => {
    const { futex, mapping } = word();
    mapping.protectSync('none');
    const file = temporaryFile(Buffer.alloc(8192));
    const short = new event.Futex(mapped(file, { access: 'write' }), 4096);
    const waiting = short.wait(0);
    await sleeping();
    truncateSync(file, 100);
    for (const one of [futex, short]) {
      expect(codeThrownBy(() => one.tryWait(0))).toBe('EFAULT');
      expect(codeThrownBy(() => one.waitSync(0))).toBe('EFAULT');
      expect(codeThrownBy(() => one.waitSync(0, { timeout: 10 }))).toBe('EFAULT');
      expect(await codeOfRejection(one.wait(0))).toBe('EFAULT');
    }
    // A wait that shares its thread has to go back into its queue.
    const other = word();
    other.words[0] = 1;
    await other.futex.wait(0);
    const another = other.futex.wait(1);
    expect(await soon('the wait', codeOfRejection(waiting))).toBe('EFAULT');
    other.futex.wake();
    await soon('the other', another);
  });

  test('Symbol.dispose and Symbol.asyncDispose close it', async () => {
    const { mapping } = word();
    const futex = new event.Futex(mapping);
    const other = new event.Futex(mapping, 4);
    {
      using first = futex;
      await using second = other;
      expect([first.closed, second.closed]).toEqual([false, false]);
    }
    expect([futex.closed, other.closed]).toEqual([true, true]);
  });

  test('threads that are not needed go', async () => {
    const { futex } = word();
    const waits = Array.from({ length: 20 }, () => futex.wait(0));
    await sleeping(20);
    futex.wake();
    await soon('all waits', Promise.all(waits));
    await waitUntil('one thread is left', () => futexThreads() <= 1);
    expect(futexThreads()).toBe(1);
  });
});
