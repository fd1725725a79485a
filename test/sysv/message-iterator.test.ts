import { setImmediate as turn } from 'node:timers/promises';

import type { sysv } from 'posix-ipc';

import { codeThrownBy, codeOfRejection } from '../support/outcome';
import { temporaryQueue } from '../support/queues';
import { soon } from '../support/wait-until';

/** Takes `count` messages, then leaves the loop. */
async function take(messages: AsyncIterable<sysv.Message>, count: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const { data } of messages) {
    texts.push(data.toString());
    if (texts.length === count) break;
  }
  return texts;
}

function sending(...texts: string[]): sysv.MessageQueue {
  const queue = temporaryQueue();
  queue.trySendMany(texts);
  return queue;
}

describe('for await', () => {
  test('over the queue gives all messages in order', async () => {
    expect(await take(sending('a', 'b', 'c'), 3)).toEqual(['a', 'b', 'c']);
  });

  test('over messages() takes a selector and limits', async () => {
    const queue = temporaryQueue();
    for (const type of [4, 3, 2, 1]) queue.sendSync(`type ${String(type)}`, { type });
    expect(await take(queue.messages({ type: -2 }), 2)).toEqual(['type 1', 'type 2']);
    const rest = queue.messages({ type: 4, except: true, maxLength: 4, truncate: true });
    expect(await take(rest, 1)).toEqual(['type']);
  });

  test('takes nothing ahead: leaving the loop leaves the rest', async () => {
    const queue = sending('a', 'b', 'c');
    expect(await take(queue, 1)).toEqual(['a']);
    expect(queue.statSync().messages).toBe(2);
  });

  test('waits for messages', async () => {
    const queue = temporaryQueue();
    const taking = take(queue, 2);
    for (const text of ['a', 'b']) {
      await turn();
      queue.sendSync(text);
    }
    expect(await soon('the loop', taking)).toEqual(['a', 'b']);
  });

  test('ends when the object is closed', async () => {
    const queue = sending('a');
    const taking = take(queue, 2);
    await turn();
    queue.close();
    expect(await soon('the loop', taking)).toEqual(['a']);
  });

  test('throws EIDRM when the queue is removed', async () => {
    const queue = temporaryQueue();
    const code = codeOfRejection(take(queue, 1));
    await turn();
    queue.removeSync();
    expect(await soon('the loop', code)).toBe('EIDRM');
  });

  test('throws the reason of its signal', async () => {
    const queue = temporaryQueue();
    const controller = new AbortController();
    const taking = take(queue.messages({ signal: controller.signal }), 1);
    controller.abort(new Error('enough'));
    await expect(taking).rejects.toThrow('enough');
  });

  test('throws E2BIG, and the message stays', async () => {
    const queue = sending('long');
    expect(await codeOfRejection(take(queue.messages({ maxLength: 1 }), 1))).toBe('E2BIG');
    expect(queue.statSync().messages).toBe(1);
  });
});

describe('batches()', () => {
  /** The texts of the next batch. */
  async function next(batches: AsyncIterator<sysv.Message[]>): Promise<string[]> {
    const result = await soon('a batch', batches.next());
    return (result.value as sysv.Message[]).map(({ data }) => data.toString());
  }

  test('gives all that is there', async () => {
    const queue = sending('a', 'b', 'c');
    const batches = queue.batches();
    expect(await next(batches)).toEqual(['a', 'b', 'c']);
    queue.sendSync('d');
    expect(await next(batches)).toEqual(['d']);
  });

  test('gives no more than the limit, and leaves the rest', async () => {
    const queue = sending('a', 'b', 'c');
    const batches = queue.batches({ limit: 2 });
    expect(await next(batches)).toEqual(['a', 'b']);
    expect(queue.statSync().messages).toBe(1);
    expect(await next(batches)).toEqual(['c']);
  });

  test('gives 64 where no limit is given', async () => {
    const queue = sending(...Array.from({ length: 100 }, () => 'x'));
    const batches = queue.batches();
    expect(await next(batches)).toHaveLength(64);
    expect(await next(batches)).toHaveLength(36);
  });

  test('takes a selector', async () => {
    const queue = temporaryQueue();
    for (const type of [3, 2, 1, 2]) queue.sendSync(`type ${String(type)}`, { type });
    expect(await next(queue.batches({ type: -2 }))).toEqual(['type 1', 'type 2', 'type 2']);
    expect(await next(queue.batches({ type: 2, except: true }))).toEqual(['type 3']);
  });

  test('waits while there is nothing', async () => {
    const queue = temporaryQueue();
    const batch = next(queue.batches());
    await turn();
    queue.trySendMany(['a', 'b']);
    const first = await batch;
    expect(first[0]).toBe('a');
    expect(first.length + queue.statSync().messages).toBe(2);
  });

  test('answers several next() in order', async () => {
    const queue = temporaryQueue();
    const batches = queue.batches({ limit: 2 });
    const results = Promise.all([next(batches), next(batches), next(batches)]);
    queue.trySendMany(['a', 'b', 'c', 'd', 'e']);
    expect(await results).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  test('lets the event loop go round', async () => {
    const queue = sending(...Array.from({ length: 200 }, () => 'x'));
    let turns = 0;
    setImmediate(() => turns++);
    const batches = queue.batches({ limit: 100 });
    for (let i = 0; i < 2; i++) await batches.next();
    queue.sendSync('y');
    await batches.next();
    expect(turns).toBe(1);
  });

  test('ends when the object is closed, and throws EIDRM when the queue is removed', async () => {
    const queue = temporaryQueue();
    const closing = queue.batches().next();
    queue.close();
    expect(await closing).toEqual({ value: undefined, done: true });
    const other = temporaryQueue();
    const removing = codeOfRejection(other.batches().next());
    other.removeSync();
    expect(await removing).toBe('EIDRM');
  });

  test('takes whole messages: maxLength and truncate are no options of it', async () => {
    const options = { limit: 10, maxLength: 4, truncate: true };
    const batch = await sending('123456', 'x').batches(options).next();
    expect((batch.value as sysv.Message[]).map(({ data }) => data.length)).toEqual([6, 1]);
  });

  test('takes a timeout', async () => {
    const batches = temporaryQueue().batches({ timeout: 5 });
    expect(await codeOfRejection(batches.next())).toBe('ETIMEDOUT');
  });

  test.each([
    [{ limit: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ limit: 1.5 }, 'ERR_OUT_OF_RANGE'],
    [{ limit: '1' }, 'ERR_INVALID_ARG_TYPE'],
    [{ type: 'x' }, 'ERR_INVALID_ARG_TYPE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
  ])('%j is refused at once', (options, code) => {
    const queue = temporaryQueue();
    expect(codeThrownBy(() => queue.batches(options as never))).toBe(code);
  });
});

describe('the iterator', () => {
  test('is its own iterable', () => {
    const messages = temporaryQueue().messages();
    expect(messages[Symbol.asyncIterator]()).toBe(messages);
  });

  test('has ended after return()', async () => {
    const queue = sending('a');
    const messages = queue.messages();
    expect(await messages.return?.()).toEqual({ value: undefined, done: true });
    expect(await messages.next()).toEqual({ value: undefined, done: true });
    expect(queue.statSync().messages).toBe(1);
  });

  test('return() ends a next() that waits, which takes nothing', async () => {
    const queue = temporaryQueue();
    const messages = queue.messages();
    const waiting = messages.next();
    expect(await messages.return?.()).toEqual({ value: undefined, done: true });
    expect(await soon('the wait', waiting)).toEqual({ value: undefined, done: true });
    queue.sendSync('kept');
    expect(queue.tryReceive()?.data.toString()).toBe('kept');
  });

  test('has ended after an error', async () => {
    const queue = sending('long', 'x');
    const messages = queue.messages({ maxLength: 1 });
    expect(await codeOfRejection(messages.next())).toBe('E2BIG');
    expect(await messages.next()).toEqual({ value: undefined, done: true });
  });

  test('of a closed object has ended', async () => {
    const queue = temporaryQueue();
    queue.close();
    expect(await queue.messages().next()).toEqual({ value: undefined, done: true });
  });

  test('answers several next() in order', async () => {
    const queue = temporaryQueue();
    const messages = queue.messages();
    const results = Promise.all([messages.next(), messages.next(), messages.next()]);
    queue.trySendMany(['a', 'b', 'c']);
    const texts = (await soon('the messages', results)).map(({ value }) =>
      (value as sysv.Message).data.toString(),
    );
    expect(texts).toEqual(['a', 'b', 'c']);
  });

  test('wrong arguments are told by messages(), not by the loop', () => {
    const queue = temporaryQueue();
    expect(codeThrownBy(() => queue.messages({ type: 'x' as never }))).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeThrownBy(() => queue.messages({ maxLength: -1 }))).toBe('ERR_OUT_OF_RANGE');
    expect(codeThrownBy(() => queue.messages(null as never))).toBe('ERR_INVALID_ARG_TYPE');
  });
});
