import path from 'node:path';

import { type sysv } from 'posix-ipc';
import { IPC_SET, IPC_STAT, msgctl } from 'posix-ipc/syscalls';

import { native } from '../../lib/native';
import { ownNamespace } from '../conformance/needs';
import { MessagePeer, shown } from '../peers/message-peer';
import { isRoot, kernelLimit, maySurpassLimits, testIf } from '../support/machine';
import { codeOfRejection, codeThrownBy, thrownBy } from '../support/outcome';
import { Peer } from '../support/processes';
import { temporaryQueue } from '../support/queues';
import { nobody } from '../support/nobody';

type Queue = sysv.MessageQueue;

const statForms: [string, (queue: Queue) => Promise<sysv.QueueStatus>][] = [
  ['stat', (queue) => queue.stat()],
  ['statSync', (queue) => Promise.resolve().then(() => queue.statSync())],
];

const setForms: [string, (queue: Queue, changes: sysv.QueueChanges) => Promise<void>][] = [
  ['set', (queue, changes) => queue.set(changes)],
  [
    'setSync',
    (queue, changes) =>
      Promise.resolve().then(() => {
        queue.setSync(changes);
      }),
  ],
];

/** The kernel's seconds are of a clock that may lag behind by a tick. */
function secondsNow(): number {
  return Math.floor(Date.now() / 1000) - 1;
}

describe.each(statForms)('%s', (_name, stat) => {
  test('of a new queue', async () => {
    const before = secondsNow();
    const queue = temporaryQueue({ mode: 0o640, maxBytes: 500 });
    const [uid, gid] = [process.getuid?.(), process.getgid?.()];
    const { changedAt, ...status } = await stat(queue);
    expect(status).toEqual({
      id: queue.id,
      key: queue.key,
      mode: 0o640,
      uid,
      gid,
      cuid: uid,
      cgid: gid,
      messages: 0,
      bytes: 0,
      maxBytes: 500,
      lastSendPid: 0,
      lastReceivePid: 0,
      sentAt: undefined,
      receivedAt: undefined,
    });
    expect(changedAt).toBeInstanceOf(Date);
    expect(changedAt.getTime() / 1000).toBeGreaterThanOrEqual(before);
  });

  test('tells what was sent and received, when, and by whom', async () => {
    const before = secondsNow();
    const queue = temporaryQueue();
    const peer = await MessagePeer.start('Node', queue.id);
    expect(await peer.send('promise', 1, 'four')).toBe('sent');
    queue.sendSync('seven!!');
    expect(await stat(queue)).toMatchObject({ messages: 2, bytes: 11, lastSendPid: process.pid });
    queue.receiveSync();
    const status = await stat(queue);
    expect(status).toMatchObject({ messages: 1, bytes: 7, lastReceivePid: process.pid });
    expect((status.sentAt?.getTime() ?? 0) / 1000).toBeGreaterThanOrEqual(before);
    expect((status.receivedAt?.getTime() ?? 0) / 1000).toBeGreaterThanOrEqual(before);
    expect(await peer.receive('promise')).toBe(shown(1, 'seven!!'));
    expect(await stat(queue)).toMatchObject({ messages: 0, lastReceivePid: peer.peer.pid });
  });

  test('of a queue that is gone', async () => {
    const queue = temporaryQueue();
    queue.removeSync();
    expect(await codeOfRejection(stat(queue))).toBe('EINVAL');
    queue.close();
    expect(await codeOfRejection(stat(queue))).toBe('ERR_CLOSED');
  });
});

describe.each(setForms)('%s', (_name, set) => {
  test('changes what is given, and nothing else', async () => {
    const queue = temporaryQueue({ mode: 0o640, maxBytes: 500 });
    const before = queue.statSync();
    await set(queue, { maxBytes: 300 });
    expect(queue.statSync()).toEqual({
      ...before,
      maxBytes: 300,
      changedAt: expect.any(Date) as Date,
    });
    await set(queue, { mode: 0o600 });
    expect(queue.statSync()).toMatchObject({ maxBytes: 300, mode: 0o600 });
    await set(queue, {});
    expect(queue.statSync()).toMatchObject({ maxBytes: 300, mode: 0o600 });
  });

  testIf(isRoot, 'not root')('gives the queue to another owner; the creator stays', async () => {
    const queue = temporaryQueue();
    const { cuid, cgid } = queue.statSync();
    await set(queue, { uid: nobody, gid: nobody });
    expect(queue.statSync()).toMatchObject({ uid: nobody, gid: nobody, cuid, cgid });
  });

  testIf(isRoot, 'not root')('takes a uid and a gid of 32 bits', async () => {
    const queue = temporaryQueue();
    await set(queue, { uid: 2 ** 32 - 2, gid: 2 ** 31 });
    expect(queue.statSync()).toMatchObject({ uid: 2 ** 32 - 2, gid: 2 ** 31 });
  });

  testIf(maySurpassLimits, 'no CAP_SYS_RESOURCE')(
    'leaves a capacity that C has made endless',
    async () => {
      const queue = temporaryQueue();
      const { msg_perm } = msgctl(queue.id, IPC_STAT);
      msgctl(queue.id, IPC_SET, { msg_perm, msg_qbytes: 2 ** 64 });
      expect(queue.statSync().maxBytes).toBe(2 ** 64);
      await set(queue, { mode: 0o640 });
      expect(queue.statSync()).toMatchObject({ mode: 0o640, maxBytes: 2 ** 64 });
      expect(queue.trySend('x')).toBe(true);
    },
  );

  testIf(!maySurpassLimits, 'has CAP_SYS_RESOURCE')(
    'a capacity that C has made endless takes a privilege to be left',
    async () => {
      const queue = temporaryQueue();
      const endless = jest.spyOn(native, 'msgctl').mockImplementationOnce((...args) => {
        const result = native.msgctl(...args);
        args[2][12] = 2 ** 64;
        return result;
      });
      expect(await codeOfRejection(set(queue, { mode: 0o640 }))).toBe('EPERM');
      endless.mockRestore();
    },
  );

  test('a capacity lowered below what is in the queue stops sends only', async () => {
    const queue = temporaryQueue();
    queue.trySendMany(['abc', 'def']);
    await set(queue, { maxBytes: 3 });
    expect(queue.trySend('x')).toBe(false);
    expect(queue.drainSync()).toHaveLength(2);
    expect(queue.trySend('xyz')).toBe(true);
  });

  test('wrong arguments change nothing', async () => {
    const queue = temporaryQueue({ mode: 0o640 });
    const wrong: [object, string][] = [
      [{ mode: 0o1000 }, 'ERR_OUT_OF_RANGE'],
      [{ mode: '640' }, 'ERR_INVALID_ARG_TYPE'],
      [{ uid: -1 }, 'ERR_OUT_OF_RANGE'],
      [{ uid: 2 ** 32 }, 'ERR_OUT_OF_RANGE'],
      [{ gid: 'root' }, 'ERR_INVALID_ARG_TYPE'],
      [{ uid: 2 ** 32 - 1 }, 'ERR_OUT_OF_RANGE'],
      [{ maxBytes: 0.5 }, 'ERR_OUT_OF_RANGE'],
      [{ maxBytes: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
      [{ mode: 0o600, maxBytes: 1n }, 'ERR_INVALID_ARG_TYPE'],
    ];
    for (const [changes, code] of wrong) {
      expect(await codeOfRejection(set(queue, changes))).toBe(code);
    }
    expect(await codeOfRejection(set(queue, null as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(queue.statSync().mode).toBe(0o640);
  });

  test('of a queue that is gone', async () => {
    const queue = temporaryQueue();
    queue.removeSync();
    expect(await codeOfRejection(set(queue, { mode: 0o600 }))).toBe('EINVAL');
    queue.close();
    expect(await codeOfRejection(set(queue, {}))).toBe('ERR_CLOSED');
  });
});

testIf(ownNamespace.isMet, ownNamespace.reason)(
  'who may not raise a capacity may not leave it too high either',
  async () => {
    const program = path.resolve(__dirname, '../../dist-programs/test/fixtures/kept-capacity.js');
    const peer = new Peer('unshare', ['--ipc', process.execPath, program]);
    const { message, ...rest } = (await peer.json()) as Record<string, unknown>;
    expect(rest).toMatchObject({ code: 'EPERM', syscall: 'msgctl', mode: 0o640, maxBytes: 10 });
    expect(message).toContain('kernel.msgmnb = 1000 takes CAP_SYS_RESOURCE');
    expect(message).toMatch(/the queue keeps its \d+ unless a smaller one is given/);
  },
);

test('errors name the call, the key and the id', () => {
  const queue = temporaryQueue();
  queue.removeSync();
  const { id, key } = queue;
  const error = thrownBy(() => queue.statSync());
  expect(error).toMatchObject({ syscall: 'msgctl', id, key });
  expect(error.message).toMatch('no queue has this id: it was removed, or never made');
});

test('the default capacity is kernel.msgmnb', () => {
  expect(temporaryQueue().statSync().maxBytes).toBe(kernelLimit('msgmnb'));
  expect(codeThrownBy(() => temporaryQueue({ maxBytes: NaN }))).toBe('ERR_OUT_OF_RANGE');
});
