/** The object itself: close, remove, dispose, ref and unref. */

import { ClosedError, sysv } from 'posix-ipc';

import { codeOfRejection, codeThrownBy } from '../support/outcome';
import { startNode } from '../support/processes';
import { adoptQueue, fullQueue, temporaryQueue } from '../support/queues';
import { soon } from '../support/wait-until';

const { MessageQueue } = sysv;

describe('close', () => {
  test('leaves the queue and its messages', () => {
    const queue = temporaryQueue();
    queue.sendSync('kept');
    queue.close();
    expect(queue.closed).toBe(true);
    const again = adoptQueue(MessageQueue.openSync(queue.key));
    expect(again.tryReceive()?.data.toString()).toBe('kept');
  });

  test('is idempotent', () => {
    const queue = temporaryQueue();
    queue.close();
    queue.close();
    expect(queue.closed).toBe(true);
  });

  test("ends this object's waits, and those of no other object", async () => {
    const queue = fullQueue(1, 5);
    const other = adoptQueue(MessageQueue.openSync(queue.key));
    const waits = [queue.receive({ type: 7 }), queue.receive({ type: 8 }), queue.send('a')];
    const codes = Promise.all([...waits, queue.sendMany(['b'])].map(codeOfRejection));
    const stays = other.receive({ type: 6 });
    queue.close();
    expect(await soon('the waits', codes)).toEqual(Array(4).fill('ERR_CLOSED'));
    other.drainSync();
    other.sendSync('6', { type: 6 });
    expect((await soon('the other', stays)).data.toString()).toBe('6');
  });

  test('rejects with a ClosedError', async () => {
    const queue = temporaryQueue();
    const waiting = queue.receive();
    queue.close();
    await expect(waiting).rejects.toBeInstanceOf(ClosedError);
    await expect(queue.receive()).rejects.toBeInstanceOf(ClosedError);
  });

  test('after it, every method but remove and close answers ERR_CLOSED', async () => {
    const queue = temporaryQueue();
    queue.close();
    const memory = Buffer.alloc(8);
    const promises = [
      queue.send('x'),
      queue.sendMany(['x']),
      queue.receive(),
      queue.receiveInto(memory),
      queue.peek(),
      queue.drain(),
      queue.stat(),
      queue.set({}),
    ];
    const codes = await Promise.all(promises.map(codeOfRejection));
    expect(new Set(codes)).toEqual(new Set(['ERR_CLOSED']));
    const calls = [
      () => {
        queue.sendSync('x');
      },
      () => queue.trySend('x'),
      () => queue.sendManySync(['x']),
      () => queue.trySendMany(['x']),
      () => queue.receiveSync(),
      () => queue.tryReceive(),
      () => queue.receiveIntoSync(memory),
      () => queue.tryReceiveInto(memory),
      () => queue.peekSync(),
      () => queue.drainSync(),
      () => queue.statSync(),
      () => {
        queue.setSync({});
      },
    ];
    for (const call of calls) expect(codeThrownBy(call)).toBe('ERR_CLOSED');
    queue.removeSync();
    expect(codeThrownBy(() => MessageQueue.openSync(queue.key))).toBe('ENOENT');
  });

  test('keeps id and key', () => {
    const queue = temporaryQueue();
    const { id, key } = queue;
    queue.close();
    expect([queue.id, queue.key]).toEqual([id, key]);
  });
});

describe.each([
  ['remove', (queue: sysv.MessageQueue) => queue.remove()],
  [
    'removeSync',
    (queue: sysv.MessageQueue) =>
      Promise.resolve().then(() => {
        queue.removeSync();
      }),
  ],
])('%s', (_name, remove) => {
  test('destroys the queue in the kernel', async () => {
    const queue = temporaryQueue();
    queue.sendSync('lost');
    await remove(queue);
    expect(codeThrownBy(() => MessageQueue.openSync(queue.key))).toBe('ENOENT');
    expect(codeThrownBy(() => queue.tryReceive())).toBe('EINVAL');
    expect(queue.closed).toBe(false);
  });

  test('a second time is EINVAL', async () => {
    const queue = temporaryQueue();
    await remove(queue);
    expect(await codeOfRejection(remove(queue))).toBe('EINVAL');
  });

  test('who waits gets EIDRM, through any object', async () => {
    const queue = fullQueue(1);
    const other = adoptQueue(MessageQueue.openSync(queue.key));
    const codes = Promise.all(
      [
        queue.receive({ type: 2 }),
        other.receive({ type: 2 }),
        queue.send('a'),
        other.send('b'),
      ].map(codeOfRejection),
    );
    await remove(queue);
    expect(await soon('the waits', codes)).toEqual(['EIDRM', 'EIDRM', 'EIDRM', 'EIDRM']);
  });

  test('the key may be used again at once', async () => {
    const queue = temporaryQueue();
    await remove(queue);
    const again = temporaryQueue({}, queue.key);
    expect(again.id).not.toBe(queue.id);
  });
});

describe('disposal', () => {
  test('using closes', () => {
    let inner: sysv.MessageQueue;
    {
      using queue = temporaryQueue();
      inner = queue;
      expect(queue.closed).toBe(false);
    }
    expect(inner.closed).toBe(true);
    expect(MessageQueue.openSync(inner.key).id).toBe(inner.id);
  });

  test('await using closes', async () => {
    let inner: sysv.MessageQueue;
    {
      await using queue = temporaryQueue();
      inner = queue;
    }
    expect(inner.closed).toBe(true);
    expect(MessageQueue.openSync(inner.key).id).toBe(inner.id);
  });
});

describe('ref and unref', () => {
  test('answer the object', () => {
    const queue = temporaryQueue();
    expect(queue.unref()).toBe(queue);
    expect(queue.ref()).toBe(queue);
  });

  test.each([
    'unref before waiting',
    'unref while waiting',
    'unref, ref, unref',
    'unref while sending',
    'unref with a timeout',
    'no wait',
    'wait aborted',
    'wait answered',
    'closed',
  ])('a process ends by itself: %s', async (name) => {
    const queue = fullQueue(1);
    const peer = startNode('ref-unref', [name, String(queue.id)]);
    expect(await peer.success()).toContain('waiting');
    expect(queue.statSync().messages).toBe(1);
  });

  test.each(['receive', 'send', 'unref, ref', 'ref while waiting', 'one of two objects'])(
    'a process goes on until it is answered: %s',
    async (name) => {
      const queue = fullQueue(1);
      const peer = startNode('ref-unref', [name, String(queue.id)]);
      expect(await peer.line()).toBe('waiting');
      expect(await peer.line()).toBe('still there'); // several turns of its event loop later
      queue.tryReceive({ type: 1 }); // makes room, which is what a send waits for
      if (name !== 'send') queue.trySend('y', { type: 2 });
      expect(await peer.line()).toBe('answered');
      await peer.success();
    },
  );
});
