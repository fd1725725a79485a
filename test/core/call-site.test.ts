/** Stacks point at the caller's line, in promises too. */

import { rejectionOf, thrownBy } from '../support/outcome';
import { fullQueue, temporaryQueue } from '../support/queues';
import { soon } from '../support/wait-until';

/** `file:line` of who calls this. */
function here(): string {
  const frames = (new Error().stack ?? '').split('\n').filter((line) => line.includes(__filename));
  return lineOf(frames[1]);
}

function lineOf(frame: string | undefined): string {
  return /call-site\.test\.ts:\d+/.exec(frame ?? '')?.[0] ?? `no line in ${String(frame)}`;
}

/** The first frame of a stack. */
function top(error: Error): string {
  return lineOf((error.stack ?? '').split('\n').find((line) => line.startsWith('    at ')));
}

/** The first frame of a stack that lies in this file. */
function mine(error: Error): string {
  return lineOf((error.stack ?? '').split('\n').find((line) => line.includes(__filename)));
}

test('receive that times out', async () => {
  const queue = temporaryQueue();
  const [promise, line] = [queue.receive({ timeout: 1 }), here()];
  const error = await rejectionOf(promise);
  expect(error).toMatchObject({ code: 'ETIMEDOUT' });
  expect(top(error)).toBe(line);
  expect(error.stack).toContain(error.message);
});

test('a stack is put together when somebody looks at it, once, or sets another', async () => {
  const expired = (): Promise<Error> => rejectionOf(temporaryQueue().receive({ timeout: 1 }));
  const errors = await Promise.all([expired(), expired()]);
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  let made = 0;
  Error.prepareStackTrace = () => `\n    at step ${String(++made)}`;
  const stacks = [errors[0].stack, errors[0].stack];
  errors[1].stack = 'another';
  Reflect.deleteProperty(Error, 'prepareStackTrace');
  if (before !== undefined) Object.defineProperty(Error, 'prepareStackTrace', before);
  expect(stacks).toEqual(
    [1, 1].map((n) => `SystemError: ${errors[0].message}\n    at step ${String(n)}`),
  );
  expect(errors[1].stack).toBe('another');
  expect(made).toBe(1);
  expect(Object.keys(errors[0])).toEqual(['code', 'errno', 'syscall', 'key', 'id']);
});

test('receive with no time at all', async () => {
  const queue = temporaryQueue();
  const [promise, line] = [queue.receive({ timeout: 0 }), here()];
  expect(top(await rejectionOf(promise))).toBe(line);
});

test('receive of a queue that is removed meanwhile', async () => {
  const queue = temporaryQueue();
  const [promise, line] = [queue.receive(), here()];
  queue.removeSync();
  expect(top(await rejectionOf(promise))).toBe(line);
});

test('receiveInto', async () => {
  const queue = temporaryQueue();
  const [promise, line] = [queue.receiveInto(Buffer.alloc(1), { timeout: 1 }), here()];
  expect(top(await rejectionOf(promise))).toBe(line);
});

test('send', async () => {
  const queue = fullQueue();
  const [promise, line] = [queue.send('x', { timeout: 1 }), here()];
  expect(top(await rejectionOf(promise))).toBe(line);
});

test('sendMany', async () => {
  const queue = fullQueue();
  const [promise, line] = [queue.sendMany(['x'], { timeout: 1 }), here()];
  expect(top(await rejectionOf(promise))).toBe(line);
});

test('what fails at once, in every form', async () => {
  const queue = temporaryQueue();
  queue.removeSync();
  const [promise, line] = [queue.receive(), here()];
  expect(mine(await rejectionOf(promise))).toBe(line);
  // prettier-ignore
  const [sync, syncLine] = [thrownBy(() => queue.receiveSync()), here()];
  expect(mine(sync)).toBe(syncLine);
  // prettier-ignore
  const [attempt, attemptLine] = [thrownBy(() => queue.trySend('x')), here()];
  expect(mine(attempt)).toBe(attemptLine);
});

test('a caller that awaits is in the stack', async () => {
  async function waiting(): Promise<void> {
    await temporaryQueue().receive({ timeout: 1 });
  }
  expect((await rejectionOf(waiting())).stack).toContain('waiting');
});

describe('where the program makes stacks itself', () => {
  const usual: unknown = Reflect.get(Error, 'prepareStackTrace');

  function putBack(): void {
    Reflect.set(Error, 'prepareStackTrace', usual);
  }

  afterEach(putBack);

  /** Of a wait that ends meanwhile. */
  async function errorOf(
    prepare: (error: Error, sites: NodeJS.CallSite[]) => unknown,
  ): Promise<Error> {
    const queue = temporaryQueue();
    Error.prepareStackTrace = prepare;
    return rejectionOf(soon('its end', queue.receive({ timeout: 1 })));
  }

  test('of call sites: they are those of the caller', async () => {
    const { stack } = (await errorOf((_error, sites) => sites)) as { stack?: unknown };
    const [site] = stack as NodeJS.CallSite[];
    expect(site?.getFileName()).toBe(__filename);
  });

  test('of nothing at all', async () => {
    const { stack } = await errorOf(() => undefined);
    expect(stack).toMatch(/^SystemError: ETIMEDOUT/);
  });

  test('and cannot: the wait has its end, not the process', async () => {
    const error = await errorOf(() => {
      throw new Error('no stack');
    });
    const { stack } = error;
    putBack();
    expect(error).toMatchObject({ code: 'ETIMEDOUT' });
    expect(stack).toBe(`SystemError: ${error.message}`);
  });
});
