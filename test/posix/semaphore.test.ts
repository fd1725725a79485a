/** wait, waitSync, tryWait; post; value; acquire and use; close. */

import { setImmediate as turn } from 'node:timers/promises';

import { ClosedError, posix, SystemError } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { adoptSemaphore, temporarySemaphore } from '../support/semaphores';
import { soon } from '../support/wait-until';

type Take = (semaphore: posix.Semaphore, options?: { timeout: number }) => Promise<unknown>;

const takes: [string, Take][] = [
  ['wait', (semaphore, options) => semaphore.wait(options)],
  [
    'waitSync',
    (semaphore, options) =>
      Promise.resolve().then(() => {
        semaphore.waitSync(options);
      }),
  ],
  ['tryWait', (semaphore) => Promise.resolve().then(() => semaphore.tryWait())],
  ['acquire', (semaphore, options) => semaphore.acquire(options)],
  [
    'acquireSync',
    (semaphore, options) => Promise.resolve().then(() => semaphore.acquireSync(options)),
  ],
  ['tryAcquire', (semaphore) => Promise.resolve().then(() => semaphore.tryAcquire())],
  ['use', (semaphore, options) => semaphore.use(() => semaphore.value, options)],
];

/** Those that wait. */
const waits = takes.filter(([name]) => !name.startsWith('try'));

/** What a wait gives, or how it ended. */
function outcomes(waiting: readonly Promise<unknown>[]): Promise<string[]> {
  return Promise.all(
    waiting.map((wait) =>
      wait.then(
        () => 'taken',
        (error: unknown) => (error as { code?: string }).code ?? String(error),
      ),
    ),
  );
}

const inThread = (semaphores = 1): Promise<void> =>
  untilBlockedIn('futex', process.pid, undefined, semaphores);

describe.each(takes)('%s', (name, take) => {
  test('takes one of what is there', async () => {
    const semaphore = temporarySemaphore(2);
    const taken = await take(semaphore);
    if (name === 'use') expect(taken).toBe(1);
    expect(semaphore.value).toBe(name === 'use' ? 2 : 1);
  });

  test('fails on a closed object', async () => {
    const semaphore = temporarySemaphore(1);
    semaphore.close();
    const error = await rejectionOf(take(semaphore));
    expect(error).toBeInstanceOf(ClosedError);
    expect(error.message).toBe('The semaphore is closed');
  });
});

describe('the try forms', () => {
  test('take nothing where there is nothing', () => {
    const semaphore = temporarySemaphore();
    expect(semaphore.tryWait()).toBe(false);
    expect(semaphore.tryAcquire()).toBeUndefined();
    expect(semaphore.value).toBe(0);
  });

  test('do not overtake who waits', async () => {
    const semaphore = temporarySemaphore();
    const waiting = semaphore.wait();
    await inThread();
    semaphore.post();
    expect(semaphore.tryWait()).toBe(false);
    await waiting;
    semaphore.post();
    expect(semaphore.tryWait()).toBe(true);
  });
});

describe.each(waits)('%s', (_name, take) => {
  test.each([0, 1, 30])('a timeout of %i ms', async (timeout) => {
    const semaphore = temporarySemaphore();
    const begin = performance.now();
    const error = await rejectionOf(take(semaphore, { timeout }));
    expect(performance.now() - begin).toBeGreaterThanOrEqual(timeout);
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'sem_wait', path: semaphore.name });
    semaphore.post();
    await take(semaphore, { timeout: 0 });
  });

  test('wrong options', async () => {
    const semaphore = temporarySemaphore(1);
    const options: [unknown, string][] = [
      [{ timeout: -1 }, 'ERR_OUT_OF_RANGE'],
      [{ timeout: '1' }, 'ERR_INVALID_ARG_TYPE'],
      [7, 'ERR_INVALID_ARG_TYPE'],
    ];
    for (const [wrong, code] of options) {
      expect(await codeOfRejection(take(semaphore, wrong as never))).toBe(code);
    }
    expect(semaphore.value).toBe(1);
  });
});

describe('wait', () => {
  test('ends with what is posted, in the order of the calls', async () => {
    const semaphore = temporarySemaphore();
    const order: number[] = [];
    const waiting = [0, 1, 2, 3].map((i) => semaphore.wait().then(() => order.push(i)));
    await turn();
    expect(order).toEqual([]);
    semaphore.post(3);
    await soon('three waits', Promise.all(waiting.slice(0, 3)));
    expect(order).toEqual([0, 1, 2]);
    semaphore.post();
    await soon('the last wait', Promise.all(waiting));
    expect(order).toEqual([0, 1, 2, 3]);
    expect(semaphore.value).toBe(0);
  });

  test('an abort rejects with its reason, and takes nothing', async () => {
    const semaphore = temporarySemaphore();
    const controller = new AbortController();
    const reason = new Error('enough');
    const waiting = semaphore.wait({ signal: controller.signal });
    await inThread();
    controller.abort(reason);
    expect(await rejectionOf(waiting)).toBe(reason);
    semaphore.post();
    expect(semaphore.value).toBe(1);
    expect(await rejectionOf(semaphore.wait({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(semaphore.value).toBe(1);
  });

  test('a signal must be one', async () => {
    const wait = temporarySemaphore(1).wait({ signal: {} as never });
    expect(await codeOfRejection(wait)).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('a post and an abort of the same instant: what was taken is told, the rest is there', async () => {
    const semaphore = temporarySemaphore();
    let taken = 0;
    for (let round = 0; round < 300; round++) {
      const controller = new AbortController();
      const waiting = semaphore.wait({ signal: controller.signal });
      if (round % 3 === 0) await turn();
      semaphore.post();
      controller.abort();
      if ((await outcomes([waiting]))[0] === 'taken') taken++;
    }
    expect(taken + semaphore.value).toBe(300);
  });

  test('the stack of an error begins at the caller', async () => {
    const semaphore = temporarySemaphore();
    const { stack } = await rejectionOf(semaphore.wait({ timeout: 1 }));
    expect(stack?.split('\n')[1]).toContain(__filename);
  });

  test('many waits of one object need one thread', async () => {
    const semaphore = temporarySemaphore();
    const waiting = Array.from({ length: 100 }, () => semaphore.wait());
    await inThread();
    semaphore.post(100);
    await soon('a hundred waits', Promise.all(waiting));
    expect(semaphore.value).toBe(0);
  });

  test('objects of one name share the value, and one close leaves the other', async () => {
    const one = temporarySemaphore();
    const other = adoptSemaphore(posix.Semaphore.openSync(one.name));
    const waiting = other.wait();
    await inThread();
    one.post();
    await soon('the wait of the other', waiting);
    const again = other.wait();
    await inThread();
    one.close();
    one.close();
    expect(other.value).toBe(0);
    adoptSemaphore(posix.Semaphore.openSync(one.name)).post();
    await soon('a wait of the other', again);
  });
});

describe('waitSync', () => {
  test('serves who came before, then itself', async () => {
    const semaphore = temporarySemaphore();
    const order: string[] = [];
    const waiting = semaphore.wait().then(() => order.push('promise'));
    await inThread();
    semaphore.post(2);
    semaphore.waitSync();
    order.push('sync');
    await waiting;
    expect(order).toEqual(['sync', 'promise']); // told in the next turn, taken before
    expect(semaphore.value).toBe(0);
  });
});

describe('post', () => {
  test('adds one, or as many as were asked for', () => {
    const semaphore = temporarySemaphore();
    semaphore.post();
    semaphore.post(1);
    semaphore.post(5);
    expect(semaphore.value).toBe(7);
  });

  test('up to the highest value, and nothing where there is no room for all', () => {
    const semaphore = temporarySemaphore(2 ** 31 - 3);
    semaphore.post(2);
    expect(semaphore.value).toBe(2 ** 31 - 1);
    semaphore.tryWait();
    const error = thrownBy(() => {
      semaphore.post(2);
    });
    expect(error).toMatchObject({ code: 'EOVERFLOW', syscall: 'sem_post', path: semaphore.name });
    expect(error.message).toContain('counts up to 2147483647');
    expect(semaphore.value).toBe(2 ** 31 - 2);
    semaphore.post();
    expect(
      codeThrownBy(() => {
        semaphore.post();
      }),
    ).toBe('EOVERFLOW');
  });

  test('adds any number in one step, and wakes as many', async () => {
    const semaphore = temporarySemaphore();
    const others = [1, 2, 3].map(() => adoptSemaphore(posix.Semaphore.openSync(semaphore.name)));
    const waiting = others.map((one) => one.wait());
    await inThread(others.length);
    const before = process.cpuUsage();
    semaphore.post(2 ** 31 - 1);
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000); // one by one it is half a minute
    await soon('the waits', Promise.all(waiting));
    expect(semaphore.value).toBe(2 ** 31 - 1 - others.length);
  });

  test.each([0, -1, 0.5, 2 ** 31, NaN])('%p is no count', (count) => {
    const semaphore = temporarySemaphore();
    expect(
      codeThrownBy(() => {
        semaphore.post(count);
      }),
    ).toBe('ERR_OUT_OF_RANGE');
    expect(semaphore.value).toBe(0);
  });

  test('fails on a closed object', () => {
    const semaphore = temporarySemaphore();
    semaphore.close();
    expect(
      codeThrownBy(() => {
        semaphore.post();
      }),
    ).toBe('ERR_CLOSED');
    expect(codeThrownBy(() => semaphore.value)).toBe('ERR_CLOSED');
  });
});

test('what an acquire that is refused lets go of is not what another object of that name has', async () => {
  const semaphore = temporarySemaphore();
  const other = adoptSemaphore(posix.Semaphore.openSync(semaphore.name));
  const options = {
    get timeout(): number {
      semaphore.close();
      return 1;
    },
  };
  expect(await codeOfRejection(semaphore.acquire(options))).toBe('ERR_CLOSED');
  other.post();
  expect(other.value).toBe(1);
});

describe('guards', () => {
  test('post once, also after close', async () => {
    const semaphore = temporarySemaphore(3);
    const other = adoptSemaphore(posix.Semaphore.openSync(semaphore.name));
    const guards = [await semaphore.acquire(), semaphore.acquireSync(), semaphore.tryAcquire()];
    expect(other.value).toBe(0);
    semaphore.close();
    for (const guard of guards) {
      guard?.release();
      guard?.release();
    }
    expect(other.value).toBe(3);
  });

  test('using', () => {
    const semaphore = temporarySemaphore(1);
    {
      using guard = semaphore.acquireSync();
      expect([guard.released, semaphore.value]).toEqual([false, 0]);
    }
    expect(semaphore.value).toBe(1);
  });

  test('a wait that took although the object was closed gives a guard that works', async () => {
    const semaphore = temporarySemaphore();
    const other = adoptSemaphore(posix.Semaphore.openSync(semaphore.name));
    let guards = 0;
    for (let round = 0; round < 50; round++) {
      const object = posix.Semaphore.openSync(semaphore.name);
      const acquiring = object.acquire().catch(() => undefined);
      await inThread();
      other.post();
      object.close();
      const guard = await acquiring;
      if (guard !== undefined) guards++;
      guard?.release();
      expect(other.value).toBe(1);
      other.waitSync();
    }
    expect(guards).toBeGreaterThan(0);
  });

  test('what use runs may release before it ends', async () => {
    const semaphore = temporarySemaphore(1);
    const value = await semaphore.use((guard) => {
      guard.release();
      return semaphore.value;
    });
    expect([value, semaphore.value]).toEqual([1, 1]);
  });

  test('use releases also when the function fails', async () => {
    const semaphore = temporarySemaphore(1);
    const failing = semaphore.use(() => Promise.reject(new Error('of the function')));
    await expect(failing).rejects.toThrow('of the function');
    expect(semaphore.value).toBe(1);
    const notOne = semaphore.use(5 as never);
    expect(await codeOfRejection(notOne)).toBe('ERR_INVALID_ARG_TYPE');
    expect(semaphore.value).toBe(1);
  });

  test('use runs one at a time', async () => {
    const semaphore = temporarySemaphore(1);
    let [running, most] = [0, 0];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await turn();
      running--;
    };
    await Promise.all(Array.from({ length: 20 }, () => semaphore.use(work)));
    expect([most, semaphore.value]).toEqual([1, 1]);
  });
});

describe('close', () => {
  test('ends the waits, of all forms, and leaves the semaphore', async () => {
    const semaphore = temporarySemaphore();
    const waiting = [semaphore.wait(), semaphore.acquire(), semaphore.use(() => 1)];
    await inThread();
    semaphore.close();
    expect(semaphore.closed).toBe(true);
    expect(await outcomes(waiting)).toEqual(['ERR_CLOSED', 'ERR_CLOSED', 'ERR_CLOSED']);
    expect(adoptSemaphore(posix.Semaphore.openSync(semaphore.name)).value).toBe(0);
  });

  test('Symbol.dispose and Symbol.asyncDispose', async () => {
    const semaphore = temporarySemaphore();
    {
      using object = posix.Semaphore.openSync(semaphore.name);
      await using other = posix.Semaphore.openSync(semaphore.name);
      expect([object.closed, other.closed]).toEqual([false, false]);
      object[Symbol.dispose]();
      await other[Symbol.asyncDispose]();
      expect([object.closed, other.closed]).toEqual([true, true]);
    }
    expect(semaphore.value).toBe(0);
  });
});
