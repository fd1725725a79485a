/** Calls on one queue that wait for the same thing are answered in the order in which they were made. */

import type { sysv } from 'posix-ipc';

import { SystemError } from '../../lib/core/error';
import { Keeper } from '../../lib/core/keeper';
import { Lane } from '../../lib/core/lane';
import { startNode } from '../support/processes';
import { fullQueue, temporaryQueue } from '../support/queues';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { soon } from '../support/wait-until';

/** A deadline for Sync forms: jest's own cannot fire while the thread is blocked. */
const timeout = 20_000;

function textOf(message: sysv.Message | undefined): string | undefined {
  return message?.data.toString();
}

async function texts(promises: Promise<sysv.Message>[]): Promise<(string | undefined)[]> {
  return (await soon('the receives', Promise.all(promises))).map(textOf);
}

/** Another process that sends these messages so long after this thread has blocked. */
async function sendWhenBlocked(
  queue: sysv.MessageQueue,
  messages: string[],
  after = 0,
): Promise<void> {
  const peer = startNode('when-blocked', [String(process.pid), 'msgrcv', String(queue.id)]);
  peer.tell(JSON.stringify({ send: messages, after }));
  expect(await peer.line()).toBe('watching');
}

/** Another process that takes so many messages when this thread is blocked, and writes them down. */
async function takeWhenBlocked(
  queue: sysv.MessageQueue,
  count: number,
  after = 0,
): Promise<() => Promise<unknown>> {
  const peer = startNode('when-blocked', [String(process.pid), 'msgsnd', String(queue.id)]);
  peer.tell(JSON.stringify({ take: count, after }));
  expect(await peer.line()).toBe('watching');
  return () => peer.json();
}

describe('receives of one selector', () => {
  test('promises are answered in order', async () => {
    const queue = temporaryQueue();
    const promises = [queue.receive(), queue.receive(), queue.receive()];
    for (const text of ['1', '2', '3']) queue.sendSync(text);
    expect(await texts(promises)).toEqual(['1', '2', '3']);
  });

  test('a thousand promises are answered in order', async () => {
    const queue = temporaryQueue();
    const expected = Array.from({ length: 1000 }, (_, i) => String(i));
    const promises = expected.map(() => queue.receive());
    const sent = queue.sendMany(expected);
    expect(await texts(promises)).toEqual(expected);
    expect(await sent).toBe(1000);
  });

  test('all forms that deliver into different places form one line', async () => {
    const queue = temporaryQueue();
    const memory = Buffer.alloc(1);
    const first = queue.receive();
    const second = queue.receiveInto(memory);
    const third = queue.receive();
    for (const text of ['1', '2', '3']) queue.sendSync(text);
    expect(await texts([first, third])).toEqual(['1', '3']);
    expect(await second).toEqual({ type: 1, length: 1 });
    expect(memory.toString()).toBe('2');
  });

  test('tryReceive leaves the message to the promise that came first', async () => {
    const queue = temporaryQueue();
    const promises = [queue.receive(), queue.receive()];
    queue.sendSync('1');
    expect(queue.tryReceive()).toBeUndefined();
    queue.trySendMany(['2', '3']);
    expect(textOf(queue.tryReceive())).toBe('3');
    expect(await texts(promises)).toEqual(['1', '2']);
  });

  test('drain leaves what promises wait for', async () => {
    const queue = temporaryQueue();
    const promises = [queue.receive(), queue.receive()];
    queue.trySendMany(['1', '2', '3', '4']);
    expect(queue.drainSync().map(textOf)).toEqual(['3', '4']);
    expect(await texts(promises)).toEqual(['1', '2']);
  });

  test('receiveSync takes the message after those that promises wait for', async () => {
    const queue = temporaryQueue();
    const promises = [queue.receive(), queue.receive()];
    queue.trySendMany(['1', '2', '3']);
    expect(textOf(queue.receiveSync({ timeout }))).toBe('3');
    expect(await texts(promises)).toEqual(['1', '2']);
  });

  test('receiveSync that blocks serves the promises before it', async () => {
    const queue = temporaryQueue();
    const promises = [queue.receive(), queue.receive()];
    await sendWhenBlocked(queue, ['1', '2', '3']);
    expect(textOf(queue.receiveSync({ timeout }))).toBe('3');
    expect(await texts(promises)).toEqual(['1', '2']);
  });

  test('empty messages, which the waiting thread takes, keep their places', async () => {
    const queue = temporaryQueue();
    const promises = [queue.receive(), queue.receive(), queue.receive()];
    await sendWhenBlocked(queue, ['', '2', '', '4']);
    expect(textOf(queue.receiveSync({ timeout }))).toBe('4');
    expect(await texts(promises)).toEqual(['', '2', '']);
  });

  test('receiveSync that times out behind promises takes nothing', async () => {
    const queue = temporaryQueue();
    const promise = queue.receive();
    expect(codeThrownBy(() => queue.receiveSync({ timeout: 10 }))).toBe('ETIMEDOUT');
    queue.sendSync('1');
    expect(await texts([promise])).toEqual(['1']);
    expect(queue.statSync().messages).toBe(0);
  });

  test('a number and a bigint are one selector; so are except with 0 and 0', async () => {
    const queue = temporaryQueue();
    const promises = [
      queue.receive({ type: 7 }),
      queue.receive({ type: 7n }),
      queue.receive({ type: 7 }),
    ];
    queue.trySendMany(['1', '2', '3'], { type: 7 });
    expect(await texts(promises)).toEqual(['1', '2', '3']);
    const any = [queue.receive(), queue.receive({ type: 0n, except: true })];
    queue.trySendMany(['4', '5']);
    expect(await texts(any)).toEqual(['4', '5']);
  });

  test('one that is aborted gives its place to the next', async () => {
    const queue = temporaryQueue();
    const controller = new AbortController();
    const first = rejectionOf(queue.receive({ signal: controller.signal }));
    const second = queue.receive();
    const third = rejectionOf(queue.receive({ signal: controller.signal }));
    const fourth = queue.receive();
    controller.abort(new Error('enough'));
    expect(await first).toMatchObject({ message: 'enough' });
    expect(await third).toMatchObject({ message: 'enough' });
    queue.trySendMany(['1', '2']);
    expect(await texts([second, fourth])).toEqual(['1', '2']);
  });

  test('one that times out gives its place to the next', async () => {
    const queue = temporaryQueue();
    const first = codeOfRejection(queue.receive({ timeout: 5 }));
    const second = queue.receive();
    const third = codeOfRejection(queue.receive({ timeout: 10 }));
    expect(await first).toBe('ETIMEDOUT');
    expect(await third).toBe('ETIMEDOUT');
    queue.sendSync('1');
    expect(await texts([second])).toEqual(['1']);
  });

  test('one that fails does not hold up the next', async () => {
    const queue = temporaryQueue();
    const small = queue.receive({ maxLength: 1 });
    const large = queue.receive();
    queue.sendSync('long');
    expect(await codeOfRejection(small)).toBe('E2BIG');
    expect(await texts([large])).toEqual(['long']);
  });
});

describe('a promise whose time is over while a Sync form blocks the thread', () => {
  const over = 20;
  const later = 200;

  test('does not get the message that comes then', async () => {
    const queue = temporaryQueue();
    await sendWhenBlocked(queue, ['1', '2'], later);
    const promises = [1, 2].map(() => codeOfRejection(queue.receive({ timeout: over })));
    const patient = queue.receive();
    expect(textOf(queue.receiveSync({ timeout }))).toBe('2');
    expect(await Promise.all(promises)).toEqual(['ETIMEDOUT', 'ETIMEDOUT']);
    expect(await texts([patient])).toEqual(['1']);
  });

  test('does not send', async () => {
    const queue = fullQueue(1);
    const taken = await takeWhenBlocked(queue, 2, later);
    const promise = codeOfRejection(queue.send('a', { timeout: over }));
    queue.sendSync('b', { timeout });
    expect(await promise).toBe('ETIMEDOUT');
    expect(await taken()).toEqual(['x', 'b']);
  });

  test('has as long as it was given', async () => {
    const queue = temporaryQueue();
    await sendWhenBlocked(queue, ['1', '2'], later);
    const promise = queue.receive({ timeout });
    expect(textOf(queue.receiveSync({ timeout }))).toBe('2');
    expect(await texts([promise])).toEqual(['1']);
  });
});

describe('receives of different selectors', () => {
  test('do not wait for one another', async () => {
    const queue = temporaryQueue();
    const five = queue.receive({ type: 5 });
    const notOne = queue.receive({ type: 1, except: true });
    queue.sendSync('one', { type: 1 });
    expect(textOf(queue.tryReceive({ type: 1 }))).toBe('one');
    queue.sendSync('five', { type: 5 });
    queue.sendSync('five again', { type: 5 });
    expect((await texts([five, notOne])).sort()).toEqual(['five', 'five again']);
  });

  test('a Sync form is not held up by promises that wait for something else', async () => {
    const queue = temporaryQueue();
    const five = queue.receive({ type: 5 });
    queue.sendSync('one');
    expect(textOf(queue.receiveSync({ type: 1, timeout }))).toBe('one');
    queue.sendSync('five', { type: 5 });
    expect(await texts([five])).toEqual(['five']);
  });
});

describe('sends', () => {
  /** As many messages as are asked for: the waiting thread sends as soon as there is room. */
  function taken(queue: sysv.MessageQueue, count: number): (string | undefined)[] {
    return queue.drainSync({ limit: count }).map(textOf);
  }

  test('a small message does not overtake a large one of the same object', async () => {
    const queue = temporaryQueue({ maxBytes: 4 });
    queue.sendSync('abc');
    const large = queue.send('de');
    const small = queue.send('f');
    expect(queue.trySend('g')).toBe(false);
    expect(taken(queue, 1)).toEqual(['abc']);
    await soon('the sends', Promise.all([large, small]));
    expect(taken(queue, 3)).toEqual(['de', 'f']);
  });

  test('trySend and trySendMany stay behind promises, and serve them first', async () => {
    const queue = fullQueue(2);
    const promise = queue.send('a');
    expect(queue.trySendMany(['b'])).toBe(0);
    expect(taken(queue, 1)).toEqual(['x']);
    expect(queue.trySend('b')).toBe(false); // the promise takes the place
    expect(taken(queue, 1)).toEqual(['x']);
    expect(queue.trySendMany(['b', 'c'])).toBe(1);
    await soon('the send', promise);
    expect(taken(queue, 3)).toEqual(['a', 'b']);
  });

  test('sendSync that blocks sends what promises wait with first', async () => {
    const queue = fullQueue(1);
    const promises = [queue.send('a'), queue.sendMany(['b', 'c'])];
    const answer = await takeWhenBlocked(queue, 5);
    queue.sendSync('d', { timeout });
    expect(await answer()).toEqual(['x', 'a', 'b', 'c', 'd']);
    expect(await Promise.all(promises)).toEqual([undefined, 2]);
  });

  test('sendManySync that blocks sends what promises wait with first', async () => {
    const queue = fullQueue(1);
    const promise = queue.send('a');
    const answer = await takeWhenBlocked(queue, 4);
    expect(queue.sendManySync(['b', 'c'], { timeout })).toBe(2);
    expect(await answer()).toEqual(['x', 'a', 'b', 'c']);
    await promise;
  });

  test('sendSync that times out behind promises sends nothing', async () => {
    const queue = fullQueue(1);
    const promise = queue.send('a');
    const error = codeThrownBy(() => {
      queue.sendSync('b', { timeout: 10 });
    });
    expect(error).toBe('ETIMEDOUT');
    expect(taken(queue, 1)).toEqual(['x']);
    await soon('the send', promise);
    expect(taken(queue, 3)).toEqual(['a']);
  });

  test('a hundred promises enter the queue in order', async () => {
    const queue = fullQueue(1);
    const expected = Array.from({ length: 100 }, (_, i) => String(i % 10));
    const sending = Promise.all(expected.map((text) => queue.send(text)));
    const received = [];
    while (received.length < 101) received.push(textOf(await queue.receive({ timeout })));
    expect(received).toEqual(['x', ...expected]);
    await soon('the sends', sending);
  });

  test('one that is aborted gives its place to the next', async () => {
    const queue = fullQueue(1);
    const controller = new AbortController();
    const first = queue.send('a', { signal: controller.signal });
    const second = queue.send('b');
    controller.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect(taken(queue, 1)).toEqual(['x']);
    await soon('the send', second);
    expect(taken(queue, 3)).toEqual(['b']);
  });

  test('one that times out gives its place to the next', async () => {
    const queue = fullQueue(1);
    const first = codeOfRejection(queue.send('a', { timeout: 5 }));
    const second = queue.send('b');
    expect(await first).toBe('ETIMEDOUT');
    expect(taken(queue, 1)).toEqual(['x']);
    await soon('the send', second);
    expect(taken(queue, 3)).toEqual(['b']);
  });
});

describe('a queue that is removed while calls wait in line', () => {
  test('answers EIDRM to the promises', async () => {
    const queue = temporaryQueue();
    const promises = [queue.receive(), queue.receive(), queue.receive({ type: 2 })];
    const codes = Promise.all(promises.map(codeOfRejection));
    queue.removeSync();
    expect(await soon('the rejections', codes)).toEqual(['EIDRM', 'EIDRM', 'EIDRM']);
  });

  test('answers EIDRM to the Sync form behind them', async () => {
    const queue = temporaryQueue();
    const promise = codeOfRejection(queue.receive());
    const peer = startNode('when-blocked', [String(process.pid), 'msgrcv', String(queue.id)]);
    peer.tell(JSON.stringify({ remove: true }));
    expect(await peer.line()).toBe('watching');
    expect(codeThrownBy(() => queue.receiveSync({ timeout }))).toBe('EIDRM');
    expect(await promise).toBe('EIDRM');
  });

  test('answers EIDRM to sends, Sync ones too', async () => {
    const queue = fullQueue(1);
    const promises = [queue.send('a'), queue.sendMany(['b', 'c'])].map(codeOfRejection);
    const peer = startNode('when-blocked', [String(process.pid), 'msgsnd', String(queue.id)]);
    peer.tell(JSON.stringify({ remove: true }));
    expect(await peer.line()).toBe('watching');
    expect(
      codeThrownBy(() => {
        queue.sendSync('d', { timeout });
      }),
    ).toBe('EIDRM');
    expect(await Promise.all(promises)).toEqual(['EIDRM', 'EIDRM']);
  });
});

test.each([
  ['receive', () => temporaryQueue(), (queue: sysv.MessageQueue) => queue.receive()],
  ['send', () => fullQueue(1), (queue: sysv.MessageQueue) => queue.send('x')],
  ['sendMany', () => fullQueue(1), (queue: sysv.MessageQueue) => queue.sendMany(['x'])],
])(
  '%s on a queue that has been removed before is EINVAL, however many calls there are',
  async (_name, make, call) => {
    const queue = make();
    queue.removeSync();
    const codes = Array.from({ length: 300 }, () => codeOfRejection(call(queue)));
    expect(new Set(await Promise.all(codes))).toEqual(new Set(['EINVAL']));
  },
);

test('a queue that is removed after the call is EIDRM, however many calls there were', async () => {
  const queues = Array.from({ length: 140 }, () => temporaryQueue());
  const codes = queues.map((queue) => codeOfRejection(queue.receive()));
  for (const queue of queues) queue.removeSync();
  expect(new Set(await Promise.all(codes))).toEqual(new Set(['EIDRM']));
});

test('a lane that was made for a call whose time is over at once says that it is empty', async () => {
  let emptied = 0;
  const lane = new Lane(new Keeper(), () => emptied++);
  const call = {
    attempt: () => undefined,
    start: () => 0,
    block: (): [number, number, number] => [0, 0, 0],
    complete: () => undefined,
    failure: (error: number | string) => new SystemError(error, 'wait'),
  };
  const limits = { timeout: 0, signal: undefined };
  expect(await codeOfRejection(lane.add(call, limits, undefined, true))).toBe('ETIMEDOUT');
  expect(emptied).toBe(1);
});
