import { setImmediate as turn } from 'node:timers/promises';

import { sysv } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { startNode } from '../support/processes';
import { setOf, temporarySet } from '../support/semaphore-sets';
import { soon } from '../support/wait-until';

type Set = sysv.SemaphoreSet;

/** A deadline for Sync forms: jest's own cannot fire while the thread is blocked. */
const timeout = 20_000;

function later<R>(call: () => R): Promise<R> {
  return Promise.resolve().then(call);
}

/** Another process that acts on the set as soon as this thread blocks in semop. */
async function whenBlocked(set: Set, action: object): Promise<void> {
  const peer = startNode('when-set-blocked', [String(process.pid), String(set.id)]);
  peer.tell(JSON.stringify(action));
  expect(await peer.line()).toBe('watching');
}

const operateForms: [
  string,
  (set: Set, operations: sysv.SemaphoreOperation[]) => Promise<unknown>,
][] = [
  ['operate', (set, operations) => set.operate(operations)],
  [
    'operateSync',
    (set, operations) =>
      later(() => {
        set.operateSync(operations);
      }),
  ],
  ['tryOperate', (set, operations) => later(() => set.tryOperate(operations))],
];

describe.each(operateForms)('%s', (name, operate) => {
  const done = name === 'tryOperate' ? true : undefined;

  test('performs all operations at once', async () => {
    const set = setOf(3, 0, 5);
    const answer = await operate(set, [
      { index: 0, by: -2 },
      { index: 1, by: 4 },
      { index: 1, by: -1 },
      { by: 1 },
    ]);
    expect(answer).toBe(done);
    expect(set.valuesSync()).toEqual([2, 3, 5]);
  });

  test('waits for 0', async () => {
    const set = setOf(0, 1);
    expect(
      await operate(set, [
        { index: 0, by: 0 },
        { index: 1, by: -1 },
      ]),
    ).toBe(done);
    expect(set.valuesSync()).toEqual([0, 0]);
  });

  test('fails as the kernel does, and changes nothing', async () => {
    const set = setOf(1, 32_767);
    const failure = (...operations: sysv.SemaphoreOperation[]): Promise<Error> =>
      rejectionOf(operate(set, [{ by: -1 }, ...operations]));
    const tooHigh = await failure({ index: 2, by: 1 });
    expect(tooHigh).toMatchObject({ code: 'EFBIG', syscall: 'semop', id: set.id, key: set.key });
    expect(tooHigh.message).toContain('the set has 2 semaphores, 0 to 1');
    const tooMuch = await failure({ index: 1, by: 1 });
    expect(tooMuch).toMatchObject({ code: 'ERANGE' });
    expect(tooMuch.message).toContain('SEMVMX = 32767');
    const tooMany = await failure(...Array.from({ length: 500 }, () => ({ by: 1 })));
    expect(tooMany).toMatchObject({ code: 'E2BIG' });
    expect(tooMany.message).toMatch(
      /501 operations are more than SEMOPM = 500; .*sysctl -w kernel/,
    );
    expect(set.valuesSync()).toEqual([1, 32_767]);
    set.removeSync();
    expect(await failure()).toMatchObject({ code: 'EINVAL' });
  });

  test('wrong arguments', async () => {
    const set = setOf(1);
    const code = (operations: unknown): Promise<string> =>
      codeOfRejection(operate(set, operations as never));
    expect(await code('x')).toBe('ERR_INVALID_ARG_TYPE');
    expect(await code([])).toBe('ERR_OUT_OF_RANGE');
    expect(await code([1])).toBe('ERR_INVALID_ARG_TYPE');
    expect(await code([{}])).toBe('ERR_INVALID_ARG_TYPE');
    expect(await code([{ by: 32_768 }])).toBe('ERR_OUT_OF_RANGE');
    expect(await code([{ by: -32_769 }])).toBe('ERR_OUT_OF_RANGE');
    expect(await code([{ by: 1, index: 65_536 }])).toBe('ERR_OUT_OF_RANGE');
    expect(await code([{ by: 1, index: -1 }])).toBe('ERR_OUT_OF_RANGE');
    expect(await code([{ by: 1, undo: 1 }])).toBe('ERR_INVALID_ARG_TYPE');
    expect(await code([{ by: 1, noWait: 'no' }])).toBe('ERR_INVALID_ARG_TYPE');
    set.close();
    expect(await code([{ by: 1 }])).toBe('ERR_CLOSED');
    expect(set.id).toBeGreaterThanOrEqual(0);
  });
});

describe('operations that cannot be performed now', () => {
  test('tryOperate answers false, and performs none', () => {
    const set = setOf(1, 0);
    expect(set.tryOperate([{ by: -1 }, { index: 1, by: -1 }])).toBe(false);
    expect(set.valuesSync()).toEqual([1, 0]);
  });

  test('operate waits until all are possible', async () => {
    const set = setOf(0, 0);
    const operated = set.operate([{ by: -1 }, { index: 1, by: -2 }]);
    await untilBlockedIn('semop', process.pid, set.id);
    set.postSync(1, { by: 5 });
    await untilBlockedIn('semop', process.pid, set.id);
    expect(set.valuesSync()).toEqual([0, 5]);
    set.postSync(0, { by: 3 });
    await soon('the operation', operated);
    expect(set.valuesSync()).toEqual([2, 3]);
  });

  test('operateSync waits until all are possible', async () => {
    const set = setOf(0, 1);
    await whenBlocked(set, { post: [0, 2] });
    set.operateSync([{ by: -1 }, { index: 1, by: -1 }], { timeout });
    expect(set.valuesSync()).toEqual([1, 0]);
  });

  test('with noWait they fail with EAGAIN', async () => {
    const set = setOf(0, 0);
    const none = [{ by: -1, noWait: true }];
    expect(await codeOfRejection(set.operate(none))).toBe('EAGAIN');
    expect(
      codeThrownBy(() => {
        set.operateSync(none);
      }),
    ).toBe('EAGAIN');
    expect(set.tryOperate(none)).toBe(false);
    const behind = codeOfRejection(set.wait());
    expect(await codeOfRejection(set.operate(none))).toBe('EAGAIN');
    set.close();
    expect(await behind).toBe('ERR_CLOSED');
  });

  test('the first of a list that cannot be performed says whether to wait', async () => {
    const set = setOf(0, 0);
    const mixed = [{ by: -1 }, { index: 1, by: -1, noWait: true }];
    const operated = codeOfRejection(set.operate(mixed));
    await untilBlockedIn('semop', process.pid, set.id);
    set.postSync(0); // now it is the second one's turn
    expect(await soon('the operation', operated)).toBe('EAGAIN');
    expect(
      codeThrownBy(() => {
        set.operateSync(mixed, { timeout });
      }),
    ).toBe('EAGAIN');
    expect(set.valuesSync()).toEqual([1, 0]);
  });
});

describe('wait and post', () => {
  test('take and give one, or as much as is asked for', async () => {
    const set = setOf(0, 5);
    await set.post();
    set.postSync(1, { by: 3 });
    expect(set.valuesSync()).toEqual([1, 8]);
    await set.wait();
    set.waitSync(1, { by: 2 });
    expect(set.tryWait(1, { by: 5 })).toBe(true);
    expect(set.tryWait(1, { by: 2 })).toBe(false);
    expect(set.tryWait()).toBe(false);
    expect(set.valuesSync()).toEqual([0, 1]);
  });

  test('a promise is answered by a post', async () => {
    const set = setOf(0);
    const waiting = set.wait();
    await untilBlockedIn('semop', process.pid, set.id);
    expect(set.waitersSync()).toBe(1);
    set.postSync();
    await soon('the wait', waiting);
    expect(set.valuesSync()).toEqual([0]);
  });

  test('waitSync is answered by a post of another process', async () => {
    const set = setOf(0);
    await whenBlocked(set, { post: [0, 1] });
    set.waitSync(0, { timeout });
    expect(set.valueSync()).toBe(0);
  });

  test('failures name the index and the limit', async () => {
    const set = setOf(32_767);
    expect(await rejectionOf(set.post())).toMatchObject({ code: 'ERANGE' });
    expect(await codeOfRejection(set.wait(1))).toBe('EFBIG');
    expect(codeThrownBy(() => set.tryWait(1))).toBe('EFBIG');
    expect(
      codeThrownBy(() => {
        set.waitSync(1);
      }),
    ).toBe('EFBIG');
    expect(await codeOfRejection(set.wait(0, { by: 0 }))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(set.post(0, { by: 32_768 }))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(set.wait('0' as never))).toBe('ERR_INVALID_ARG_TYPE');
  });
});

describe('waitForZero', () => {
  test('is answered when the semaphore is 0', async () => {
    const set = setOf(2, 0);
    await set.waitForZero(1);
    set.waitForZeroSync(1);
    expect(set.tryWaitForZero(1)).toBe(true);
    expect(set.tryWaitForZero()).toBe(false);
    const waiting = set.waitForZero();
    await untilBlockedIn('semop', process.pid, set.id);
    expect(set.zeroWaitersSync()).toBe(1);
    set.waitSync(0, { by: 2 });
    await soon('the wait', waiting);
  });

  test('the Sync form too', async () => {
    const set = setOf(1);
    await whenBlocked(set, { take: [0, 1] });
    set.waitForZeroSync(0, { timeout });
    expect(set.valueSync()).toBe(0);
  });

  test('times out', async () => {
    const set = setOf(1);
    expect(await codeOfRejection(set.waitForZero(0, { timeout: 5 }))).toBe('ETIMEDOUT');
    expect(
      codeThrownBy(() => {
        set.waitForZeroSync(0, { timeout: 5 });
      }),
    ).toBe('ETIMEDOUT');
  });
});

describe('calls of one object', () => {
  test('that wait for the same are answered in order', async () => {
    const set = setOf(0);
    const order: number[] = [];
    const waits = [0, 1, 2, 3].map(async (i) => {
      await set.wait(0, { undo: i % 2 === 0 });
      order.push(i);
    });
    set.postSync(0, { by: 4 });
    await soon('the waits', Promise.all(waits));
    expect(order).toEqual([0, 1, 2, 3]);
  });

  test('tryWait and waitSync serve the promises before them', async () => {
    const set = setOf(0);
    const waits = [set.wait(), set.wait()];
    set.postSync();
    expect(set.tryWait()).toBe(false);
    set.postSync(0, { by: 2 });
    set.waitSync(0, { timeout });
    await soon('the waits', Promise.all(waits));
    expect(set.valueSync()).toBe(0);
  });

  test('waitSync that blocks serves the promises before it', async () => {
    const set = setOf(0);
    const waits = [set.wait(), set.wait()];
    await whenBlocked(set, { post: [0, 3] });
    set.waitSync(0, { timeout });
    await soon('the waits', Promise.all(waits));
    expect(set.valueSync()).toBe(0);
  });

  test('that wait for something else are not held up', async () => {
    const set = setOf(0, 0, 1);
    const waits = [set.wait(0), set.wait(1), set.wait(0, { by: 2 })];
    await soon('the free semaphore', set.wait(2));
    set.postSync(1);
    await soon('the second', waits[1] as Promise<void>);
    set.postSync(0, { by: 3 });
    await soon('the others', Promise.all(waits));
    expect(set.valuesSync()).toEqual([0, 0, 0]);
  });

  test('a set that is removed: all get EIDRM', async () => {
    const set = setOf(0);
    const codes = Promise.all(
      [set.wait(), set.wait(), set.wait(0, { by: 2 })].map(codeOfRejection),
    );
    set.removeSync();
    expect(await soon('the rejections', codes)).toEqual(['EIDRM', 'EIDRM', 'EIDRM']);
  });
});

describe('the object', () => {
  test('close ends waits, is idempotent, and keeps the set', async () => {
    const set = setOf(0);
    const waiting = codeOfRejection(set.wait());
    expect(set.closed).toBe(false);
    set.close();
    set.close();
    expect(set.closed).toBe(true);
    expect(await soon('the wait', waiting)).toBe('ERR_CLOSED');
    for (const call of [() => set.tryWait(), () => set.valueSync(), () => set.statSync()]) {
      expect(codeThrownBy(call)).toBe('ERR_CLOSED');
    }
    expect(sysv.SemaphoreSet.fromIdSync(set.id).valueSync()).toBe(0);
  });

  test('using and await using close it', async () => {
    const set = temporarySet();
    {
      using opened = sysv.SemaphoreSet.fromIdSync(set.id);
      expect(opened.closed).toBe(false);
    }
    const kept = sysv.SemaphoreSet.fromIdSync(set.id);
    {
      await using opened = kept;
      expect(opened.closed).toBe(false);
    }
    expect(kept.closed).toBe(true);
  });

  test('errors show the line of the caller', async () => {
    const set = setOf(0);
    const error = await rejectionOf(set.wait(0, { timeout: 1 }));
    expect(error.stack?.split('\n')[1]).toContain('semaphore-set.test');
    expect(thrownBy(() => set.tryWait(3)).stack).toContain('semaphore-set.test');
  });

  test('ref and unref answer the object', () => {
    const set = setOf(0);
    expect(set.unref().ref()).toBe(set);
  });
});

test('a wait whose time is over at once leaves no line behind', async () => {
  const set = temporarySet();
  await turn();
  expect(await codeOfRejection(set.wait(0, { timeout: 0 }))).toBe('ETIMEDOUT');
  set.removeSync();
  expect(await codeOfRejection(set.wait())).toBe('EINVAL'); // EIDRM is for who stands in a line
});

test('a set that has been removed before is EINVAL, however many calls there are', async () => {
  const set = temporarySet();
  set.removeSync();
  const codes = Array.from({ length: 300 }, () => codeOfRejection(set.acquire()));
  expect(new Set(await Promise.all(codes))).toEqual(new Set(['EINVAL']));
});
