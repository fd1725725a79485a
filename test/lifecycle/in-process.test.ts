/** The cells of the lifecycle table that end inside a living process. */

import { getEventListeners } from 'node:events';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

import { untilBlockedIn } from '../support/blocked';
import { collectGarbage } from '../support/collect-garbage';
import { untilNothingIsParked } from '../support/threads';
import { soon, waitUntil } from '../support/wait-until';
import { operations, promiseForms } from './operations';
import { removeQuietly } from './remove-quietly';
import type { Subject, WaitingOperation } from './waiting-operation';

const subjects = new Set<Subject>();
const created = new Set<Subject>();

afterEach(async () => {
  for (const subject of subjects) subject.close();
  subjects.clear();
  removeQuietly(created);
  await untilNothingIsParked();
});

function create(operation: WaitingOperation): Subject {
  const subject = operation.create();
  created.add(subject);
  subjects.add(subject);
  return subject;
}

/** A wait that has reached its system call. */
async function parked(
  operation: WaitingOperation,
  signal?: AbortSignal,
): Promise<[Subject, Promise<unknown>]> {
  const subject = create(operation);
  const wait = subject.wait(signal === undefined ? {} : { signal });
  wait.catch(() => undefined); // looked at later
  await untilBlockedIn(operation.call, process.pid, subject.id);
  return [subject, wait];
}

/** A pending wait of an object that nobody refers to any more. */
async function abandoned(operation: WaitingOperation): Promise<{
  outside: Subject;
  wait: Promise<unknown>;
  object: WeakRef<object>;
}> {
  const [subject, wait] = await parked(operation);
  subjects.delete(subject);
  created.delete(subject);
  const outside = operation.open(subject.id);
  created.add(outside);
  return { outside, wait, object: new WeakRef(subject.object) };
}

/** Whether a wait ended well; throws what it rejected with, unless that was expected. */
async function served(wait: Promise<unknown>, reason: unknown): Promise<boolean> {
  try {
    await soon('the end of the wait', wait);
    return true;
  } catch (error) {
    if (error !== reason) throw error;
    return false;
  }
}

/** The object works as ever: a new wait is served. */
async function expectUsable(operation: WaitingOperation, subject: Subject): Promise<void> {
  const wait = subject.wait();
  subject.satisfy();
  await soon('a new wait', wait);
  expect(subject.contents()).toEqual(operation.contents.served);
}

describe.each(promiseForms.map((operation) => [operation.name, operation] as const))(
  '%s',
  (_name, operation) => {
    const { untouched, unserved, served: servedContents } = operation.contents;

    test('is served', async () => {
      const [subject, wait] = await parked(operation);
      subject.satisfy();
      await soon('the wait', wait);
      expect(subject.contents()).toEqual(servedContents);
    });

    test('aborted before: rejects with the reason, takes nothing', async () => {
      const subject = create(operation);
      const reason = new Error('not today');
      await expect(subject.wait({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(subject.contents()).toEqual(untouched);
      await expectUsable(operation, subject);
    });

    test('aborted meanwhile: rejects with the reason, takes nothing, removes its listener', async () => {
      const controller = new AbortController();
      const [subject, wait] = await parked(operation, controller.signal);
      const reason = new Error('enough');
      controller.abort(reason);
      await expect(soon('the wait', wait)).rejects.toBe(reason);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      expect(subject.contents()).toEqual(untouched);
      await expectUsable(operation, subject);
    });

    test('aborted in the turn in which it began', async () => {
      const subject = create(operation);
      const controller = new AbortController();
      const wait = subject.wait({ signal: controller.signal });
      controller.abort('at once');
      expect(await served(wait, 'at once')).toBe(false);
      expect(subject.contents()).toEqual(untouched);
      await expectUsable(operation, subject);
    });

    test('aborted and served in the same instant: a result, or nothing taken', async () => {
      for (let i = 0; i < 10; i++) {
        const controller = new AbortController();
        const [subject, wait] = await parked(operation, controller.signal);
        const order = [
          (): void => {
            subject.satisfy();
          },
          (): void => {
            controller.abort('now');
          },
        ];
        for (const step of i % 2 === 0 ? order : order.reverse()) step();
        if (i % 4 < 2) await turn();
        const expected = (await served(wait, 'now')) ? servedContents : unserved;
        expect(subject.contents()).toEqual(expected);
      }
    });

    test('removes its listener when it is served', async () => {
      const controller = new AbortController();
      const [subject, wait] = await parked(operation, controller.signal);
      subject.satisfy();
      await soon('the wait', wait);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    });

    test('timed out: ETIMEDOUT, not too early, takes nothing', async () => {
      const subject = create(operation);
      const begin = performance.now();
      await expect(subject.wait({ timeout: 30 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      expect(performance.now() - begin).toBeGreaterThanOrEqual(30);
      expect(subject.contents()).toEqual(untouched);
      await expectUsable(operation, subject);
    });
  },
);

const ofObjects = promiseForms.filter(({ belongsToNothing }) => belongsToNothing !== true);

describe.each(ofObjects.map((operation) => [operation.name, operation] as const))(
  '%s',
  (_name, operation) => {
    const { untouched, served: servedContents } = operation.contents;

    test('closed: ends, takes nothing, and the object in the kernel stays', async () => {
      const [subject, wait] = await parked(operation);
      subject.close();
      if (operation.closedValue === undefined) {
        await expect(soon('the wait', wait)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
      } else {
        await expect(soon('the wait', wait)).resolves.toEqual(operation.closedValue);
      }
      expect(subject.contents()).toEqual(untouched);
      subjects.delete(subject);
      await expectUsable(operation, operation.open(subject.id));
    });

    test('the object is not collected while a wait is pending, and is afterwards', async () => {
      const { outside, wait, object } = await abandoned(operation);
      for (let i = 0; i < 3; i++) {
        await sleep(5);
        collectGarbage();
      }
      outside.satisfy();
      await soon('the wait', wait);
      expect(outside.contents()).toEqual(servedContents);
      await waitUntil('the object is collected', async () => {
        await sleep(1);
        collectGarbage();
        return object.deref() === undefined;
      });
    });
  },
);

const removable = promiseForms.filter(({ removal }) => removal !== undefined);

describe.each(removable.map((operation) => [operation.name, operation] as const))(
  '%s',
  (_name, operation) => {
    test('removed: the wait fails', async () => {
      const [subject, wait] = await parked(operation);
      subject.remove();
      await expect(soon('the wait', wait)).rejects.toMatchObject({ code: operation.removal });
    });

    test('removed before the thread has reached its system call: the same', async () => {
      for (let i = 0; i < 20; i++) {
        const subject = create(operation);
        const wait = subject.wait();
        subject.remove();
        await expect(soon('the wait', wait)).rejects.toMatchObject({ code: operation.removal });
      }
    });
  },
);

const timed = operations.filter(({ form, takes }) => form === 'sync' && takes.includes('timeout'));

describe.each(timed.map((operation) => [operation.name, operation] as const))(
  '%s',
  (_name, operation) => {
    test('is served at once if it can be', () => {
      const subject = create(operation);
      subject.satisfy();
      void subject.wait({ timeout: 0 });
      expect(subject.contents()).toEqual(operation.contents.served);
    });

    test('timed out: ETIMEDOUT, not too early, takes nothing', () => {
      const subject = create(operation);
      const begin = performance.now();
      expect(() => subject.wait({ timeout: 30 })).toThrow(
        expect.objectContaining({ code: 'ETIMEDOUT' }) as Error,
      );
      expect(performance.now() - begin).toBeGreaterThanOrEqual(30);
      expect(subject.contents()).toEqual(operation.contents.untouched);
    });
  },
);
