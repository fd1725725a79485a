import path from 'node:path';

import { SystemError, sysv } from 'posix-ipc';

import { ownNamespace } from '../conformance/needs';
import { isRoot, kernelLimit, maySurpassLimits, testIf } from '../support/machine';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { Peer, startNode } from '../support/processes';
import { adoptQueue, temporaryQueue } from '../support/queues';
import { randomKey } from '../support/random-key';

const { MessageQueue } = sysv;

type Opener = (key: never, options?: sysv.CreateOptions) => Promise<sysv.MessageQueue>;

/** Both forms, as one shape. */
function bothForms(
  promise: Opener,
  sync: (key: never, options?: sysv.CreateOptions) => sysv.MessageQueue,
): [string, (key: sysv.Key, options?: sysv.CreateOptions) => Promise<sysv.MessageQueue>][] {
  return [
    ['promise', (key, options) => promise(key as never, options)],
    ['Sync', (key, options) => Promise.resolve().then(() => sync(key as never, options))],
  ];
}

const creators = bothForms(
  (key, options) => MessageQueue.create(key, options),
  (key, options) => MessageQueue.createSync(key, options),
);
const openers = bothForms(
  (key) => MessageQueue.open(key),
  (key) => MessageQueue.openSync(key),
);
const openersOrCreators = bothForms(
  (key, options) => MessageQueue.openOrCreate(key, options),
  (key, options) => MessageQueue.openOrCreateSync(key, options),
);

describe.each(creators)('create, %s', (_form, create) => {
  test('makes an empty queue of mode 0600 and the default capacity', async () => {
    const key = randomKey();
    const queue = adoptQueue(await create(key));
    expect(queue).toBeInstanceOf(MessageQueue);
    expect(queue.key).toBe(key);
    expect(queue.id).toBeGreaterThanOrEqual(0);
    expect(queue.closed).toBe(false);
    expect(queue.statSync()).toMatchObject({
      key,
      mode: 0o600,
      messages: 0,
      maxBytes: kernelLimit('msgmnb'),
    });
  });

  test.each([0, 0o400, 0o640, 0o666, 0o777])(
    'the mode is exact, whatever the umask: %i',
    async (mode) => {
      const before = process.umask(0o077);
      try {
        const queue = adoptQueue(await create('random', { mode }));
        // IPC_STAT needs read permission, which root has in any case.
        if (isRoot || (mode & 0o400) !== 0) expect(queue.statSync().mode).toBe(mode);
      } finally {
        process.umask(before);
      }
    },
  );

  test('takes a capacity', async () => {
    const queue = adoptQueue(await create('random', { maxBytes: 100 }));
    expect(queue.statSync().maxBytes).toBe(100);
  });

  test('fails with EEXIST where the key has a queue', async () => {
    const { key } = temporaryQueue();
    const error = await rejectionOf(create(key));
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code: 'EEXIST', errno: -17, syscall: 'msgget', key });
  });

  test.each([1, 0x7fffffff, -1, -(2 ** 31), 2 ** 31, 2 ** 32 - 2])(
    'takes the key %i',
    async (key) => {
      // A key that everybody may use: whose it is now does not matter here.
      const queue = await create(key).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'EEXIST' });
      });
      if (queue === undefined) return;
      adoptQueue(queue);
      expect(queue.key).toBe(key | 0);
      expect(queue.statSync().key).toBe(key | 0);
      expect(MessageQueue.openSync(key | 0).id).toBe(queue.id);
      expect(MessageQueue.openSync(key >>> 0).id).toBe(queue.id);
    },
  );

  test('IPC_PRIVATE makes another queue each time, with no key', async () => {
    const queues = [await create(sysv.IPC_PRIVATE), await create(sysv.IPC_PRIVATE)];
    const [first, second] = queues.map(adoptQueue);
    expect(first?.id).not.toBe(second?.id);
    expect(first?.key).toBe(0);
    expect(first?.statSync().key).toBe(0);
  });

  test("'random' makes a queue that others can open by its key", async () => {
    const queue = adoptQueue(await create('random'));
    expect(queue.key).toBeGreaterThan(0);
    expect(MessageQueue.openSync(queue.key).id).toBe(queue.id);
  });

  test('wrong arguments', async () => {
    expect(await codeOfRejection(create('other' as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(await codeOfRejection(create(2 ** 32))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(create('random', { mode: 0o1000 }))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(create('random', { mode: '600' as never }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
    expect(await codeOfRejection(create('random', { maxBytes: -1 }))).toBe('ERR_OUT_OF_RANGE');
    // The kernel would keep 32 bits of it: 0.
    expect(await codeOfRejection(create('random', { maxBytes: 2 ** 32 }))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(create('random', 5 as never))).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('a key that is wrong makes no queue', async () => {
    const key = randomKey();
    await rejectionOf(create(key, { maxBytes: 0.5 }));
    expect(codeThrownBy(() => MessageQueue.openSync(key))).toBe('ENOENT');
  });
});

describe.each(openers)('open, %s', (_form, open) => {
  test('finds the queue of a key', async () => {
    const made = temporaryQueue();
    made.sendSync('kept');
    const queue = adoptQueue(await open(made.key));
    expect([queue.id, queue.key]).toEqual([made.id, made.key]);
    expect(queue).not.toBe(made);
    expect(queue.tryReceive()?.data.toString()).toBe('kept');
  });

  test('fails with ENOENT where there is none', async () => {
    const key = randomKey();
    const error = await rejectionOf(open(key));
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'msgget', key });
    expect(error.message).toBe(`ENOENT: no such file or directory, msgget 0x${key.toString(16)}`);
  });

  test('refuses what can name no queue', async () => {
    expect(await codeOfRejection(open(sysv.IPC_PRIVATE))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(open('random'))).toBe('ERR_INVALID_ARG_TYPE');
  });
});

describe.each(openersOrCreators)('openOrCreate, %s', (_form, openOrCreate) => {
  test('makes the queue, then finds it, with the options of the first', async () => {
    const key = randomKey();
    const first = adoptQueue(await openOrCreate(key, { mode: 0o640, maxBytes: 100 }));
    const second = adoptQueue(await openOrCreate(key, { mode: 0o600, maxBytes: 200 }));
    expect(second.id).toBe(first.id);
    expect(second.statSync()).toMatchObject({ mode: 0o640, maxBytes: 100 });
  });

  test("'random' and IPC_PRIVATE always make one", async () => {
    for (const key of ['random', sysv.IPC_PRIVATE] as const) {
      const queues = [await openOrCreate(key), await openOrCreate(key)].map(adoptQueue);
      expect(queues[0]?.id).not.toBe(queues[1]?.id);
    }
  });

  test('wrong options are told even where the queue is there', async () => {
    const { key } = temporaryQueue();
    expect(await codeOfRejection(openOrCreate(key, { mode: -1 }))).toBe('ERR_OUT_OF_RANGE');
  });
});

describe('fromId', () => {
  test.each([
    ['promise', (id: number) => MessageQueue.fromId(id)],
    ['Sync', (id: number) => Promise.resolve().then(() => MessageQueue.fromIdSync(id))],
  ])('%s: uses the queue of an identifier', async (_form, fromId) => {
    const made = temporaryQueue();
    const queue = adoptQueue(await fromId(made.id));
    expect([queue.id, queue.key]).toEqual([made.id, made.key]);
    made.removeSync();
    expect(await codeOfRejection(fromId(made.id))).toBe('EINVAL');
    expect(await codeOfRejection(fromId(-1))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(fromId('1' as never))).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('reaches a queue that has no key', () => {
    const made = temporaryQueue({}, sysv.IPC_PRIVATE);
    expect(adoptQueue(MessageQueue.fromIdSync(made.id)).key).toBe(0);
  });
});

describe('limits', () => {
  const tooMuch = kernelLimit('msgmnb') + 1;

  testIf(maySurpassLimits, 'no CAP_SYS_RESOURCE')('a capacity above kernel.msgmnb', () => {
    expect(temporaryQueue({ maxBytes: tooMuch }).statSync().maxBytes).toBe(tooMuch);
  });

  testIf(!maySurpassLimits, 'has CAP_SYS_RESOURCE')(
    'EPERM names kernel.msgmnb and how it is raised, and leaves no queue',
    () => {
      const key = randomKey();
      const error = thrownBy(() => MessageQueue.createSync(key, { maxBytes: tooMuch }));
      expect(error).toMatchObject({ code: 'EPERM', syscall: 'msgctl' });
      expect(error.message).toContain(`kernel.msgmnb = ${String(tooMuch - 1)}`);
      expect(error.message).toContain(`sysctl -w kernel.msgmnb=${String(tooMuch)}`);
      expect(codeThrownBy(() => MessageQueue.openSync(key))).toBe('ENOENT');
    },
  );

  testIf(isRoot, 'not root')('another user gets EPERM, and leaves no queue', async () => {
    const peer = startNode('as-nobody', ['create-large', String(tooMuch)]);
    const { left, ...error } = (await peer.json()) as Record<string, unknown>;
    expect(error).toMatchObject({ code: 'EPERM', syscall: 'msgctl' });
    expect(error['message']).toContain('CAP_SYS_RESOURCE');
    expect(left).toBe('ENOENT');
  });

  testIf(isRoot, 'not root')('its maker need not be allowed to read it', async () => {
    const peer = startNode('as-nobody', ['create-unreadable', '1000']);
    expect(await peer.json()).toMatchObject({ made: 'none', mode: 0o200, msg_qbytes: 1000 });
  });

  testIf(isRoot, 'not root')('another user may find a queue, and not look at it', async () => {
    const queue = temporaryQueue();
    const answer = (thing: string, argument: number): Promise<unknown> =>
      startNode('as-nobody', [thing, String(argument)]).json();
    expect(await answer('open', queue.key)).toEqual({ code: 'none' });
    expect(await answer('from-id', queue.id)).toMatchObject({ code: 'EACCES', id: queue.id });
  });

  // In a namespace of its own: the limit holds for everything that runs on the machine.
  testIf(ownNamespace.isMet, ownNamespace.reason)(
    'ENOSPC names kernel.msgmni and how it is raised',
    async () => {
      const program = path.resolve(
        __dirname,
        '../../dist-programs/test/fixtures/no-more-queues.js',
      );
      const peer = new Peer('unshare', ['--ipc', process.execPath, program]);
      const [created, opened] = (await peer.json()) as Record<string, unknown>[];
      expect(created).toMatchObject({ code: 'ENOSPC', syscall: 'msgget' });
      expect(created?.['message']).toContain('kernel.msgmni = 0');
      expect(created?.['message']).toContain('sysctl -w kernel.msgmni');
      expect(opened).toMatchObject({ code: 'ENOSPC' });
    },
  );
});
