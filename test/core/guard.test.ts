import { CallingGuard, useGuard, type Guard } from '../../lib/core/guard';
import { rejectionOf, thrownBy } from '../support/outcome';

function counting(): { guard: Guard; released: () => number } {
  let count = 0;
  return { guard: new CallingGuard(() => count++), released: () => count };
}

describe('a guard', () => {
  const ways: [string, (guard: Guard) => unknown][] = [
    [
      'release',
      (guard) => {
        guard.release();
      },
    ],
    [
      'Symbol.dispose',
      (guard) => {
        guard[Symbol.dispose]();
      },
    ],
    ['Symbol.asyncDispose', (guard) => guard[Symbol.asyncDispose]()],
  ];

  test.each(ways)('%s releases once', async (_name, end) => {
    const { guard, released } = counting();
    expect(guard.released).toBe(false);
    await end(guard);
    await end(guard);
    expect(guard.released).toBe(true);
    expect(released()).toBe(1);
  });

  test('using', () => {
    const { guard, released } = counting();
    expect(() => {
      using held = guard;
      expect(held.released).toBe(false);
      throw new Error('of the block');
    }).toThrow('of the block');
    expect(released()).toBe(1);
  });

  test('await using', async () => {
    const { guard, released } = counting();
    {
      await using held = guard;
      expect(held.released).toBe(false);
    }
    expect(released()).toBe(1);
  });

  test('a release that fails can be tried again', async () => {
    let fails = true;
    const guard = new CallingGuard(() => {
      if (fails) throw new Error('not now');
    });
    expect(
      thrownBy(() => {
        guard.release();
      }),
    ).toMatchObject({ message: 'not now' });
    expect(await rejectionOf(guard[Symbol.asyncDispose]())).toMatchObject({ message: 'not now' });
    expect(guard.released).toBe(false);
    fails = false;
    guard.release();
    expect(guard.released).toBe(true);
  });
});

describe('useGuard', () => {
  test('runs the function, releases, answers its result', async () => {
    const { guard, released } = counting();
    const result = await useGuard(Promise.resolve(guard), async () => {
      await Promise.resolve();
      expect(released()).toBe(0);
      return 7;
    });
    expect([result, released()]).toEqual([7, 1]);
  });

  test('releases when the function throws or rejects', async () => {
    for (const fails of [
      (): never => {
        throw new Error('inside');
      },
      (): Promise<never> => Promise.reject(new Error('inside')),
    ]) {
      const { guard, released } = counting();
      expect(await rejectionOf(useGuard(guard, fails))).toMatchObject({ message: 'inside' });
      expect(released()).toBe(1);
    }
  });

  test('does not run the function when nothing was acquired', async () => {
    let ran = false;
    const run = useGuard(Promise.reject(new Error('not acquired')), () => {
      ran = true;
    });
    expect(await rejectionOf(run)).toMatchObject({ message: 'not acquired' });
    expect(ran).toBe(false);
  });

  test('tells a release that fails', async () => {
    const broken = (): Guard =>
      new CallingGuard(() => {
        throw new Error('gone');
      });
    expect(await rejectionOf(useGuard(broken(), () => 1))).toMatchObject({ message: 'gone' });
    const both = await rejectionOf(useGuard(broken(), () => Promise.reject(new Error('inside'))));
    const { errors } = both as AggregateError;
    expect(errors.map((error) => (error as Error).message)).toEqual(['inside', 'gone']);
  });
});
