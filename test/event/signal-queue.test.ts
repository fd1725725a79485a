/** event.SignalQueue and event.sigqueue: real-time signals as messages. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { event } from 'posix-ipc';
import { mq_notify, SIGEV_SIGNAL } from 'posix-ipc/syscalls';

import { untilBlockedIn } from '../support/blocked';
import { textOf } from '../support/descriptor-info';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { temporaryPosixQueue } from '../support/posix-queues';
import { startNode } from '../support/processes';
import { soon } from '../support/wait-until';

const { SIGRTMIN, SIGRTMAX, sigqueue } = event;
const signal = SIGRTMIN + 3;
const own = process.pid;

const open: event.SignalQueue[] = [];

function queue(): event.SignalQueue {
  const made = event.SignalQueue.openSync(signal);
  open.push(made);
  return made;
}

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

test('the range is that of libc', () => {
  expect(SIGRTMIN).toBeGreaterThanOrEqual(32);
  expect(SIGRTMAX).toBe(64);
});

test.each([0, 1, -1, 2 ** 31 - 1, -(2 ** 31)])('the value %d arrives', async (value) => {
  const signals = queue();
  sigqueue(own, signal, value);
  const expected = { signal, value, pid: own, uid: process.getuid?.(), sentBy: 'sigqueue' };
  expect(await soon('the signal', signals.receive())).toEqual(expected);
});

test('a signal of kill(2) has no value', async () => {
  const signals = queue();
  process.kill(own, signal);
  expect(await soon('the signal', signals.receive())).toMatchObject({
    value: 0,
    pid: own,
    sentBy: 'kill',
  });
});

test('the value of who asked mq_notify for a signal arrives', async () => {
  const signals = queue();
  const messages = temporaryPosixQueue();
  const sigev_value = -(2 ** 31) + 7;
  mq_notify(messages.fd, { sigev_notify: SIGEV_SIGNAL, sigev_signo: signal, sigev_value });
  messages.sendSync('x');
  expect(await soon('the signal', signals.receive())).toMatchObject({
    value: sigev_value,
    pid: own,
    sentBy: 'other',
  });
});

test('all forms', async () => {
  const signals = queue();
  expect(signals.tryReceive()).toBeUndefined();
  expect(codeThrownBy(() => signals.receiveSync({ timeout: 5 }))).toBe('ETIMEDOUT');
  expect(await codeOfRejection(signals.receive({ timeout: 5 }))).toBe('ETIMEDOUT');
  const receive = signals.receive();
  await untilBlockedIn('epoll', own);
  for (const value of [1, 2, 3]) sigqueue(own, signal, value);
  expect((await soon('the signal', receive)).value).toBe(1);
  expect(signals.receiveSync().value).toBe(2);
  expect(signals.tryReceive()?.value).toBe(3);
});

test('those of several processes arrive in order, and none is lost', async () => {
  const signals = queue();
  const count = 2000;
  const senders = [0, 1].map((i) =>
    startNode('signal-sender', [own, signal, i * count, count].map(String)),
  );
  const values = new Map<number, number[]>();
  let left = senders.length * count;
  for await (const { pid, value, sentBy } of signals) {
    expect(sentBy).toBe('sigqueue');
    values.set(pid, [...(values.get(pid) ?? []), value]);
    if (--left === 0) break;
  }
  expect([...values.keys()].sort()).toEqual(senders.map(({ pid }) => pid).sort());
  for (const [i, { pid }] of senders.entries()) {
    expect(values.get(pid)).toEqual(Array.from({ length: count }, (_, k) => i * count + k));
  }
  await Promise.all(senders.map((one) => one.success()));
});

test('as many as the kernel queues arrive; then the sender is told', () => {
  const signals = queue();
  const most = 200_000;
  let sent = 0;
  let code = '';
  while (sent < most && code === '') {
    try {
      sigqueue(own, signal, sent);
      sent++;
    } catch (error) {
      code = (error as { code: string }).code;
    }
  }
  expect(code).toBe(sent === most ? '' : 'EAGAIN');
  for (let i = 0; i < sent; i++) {
    const value = signals.tryReceive()?.value;
    if (value !== i) throw new Error(`${String(value)} instead of ${String(i)}`);
  }
  expect(signals.tryReceive()).toBeUndefined();
});

test('a Sync form is woken while its thread is blocked', async () => {
  const signals = queue();
  const peer = startNode('signal-sender', [own, signal, 7, 1].map(String));
  expect(signals.receiveSync().value).toBe(7);
  await peer.success();
});

test('what has a handler is refused', () => {
  expect(codeThrownBy(() => event.SignalQueue.openSync(SIGRTMAX))).toBe('EBUSY'); // the package's own
});

test('two objects of one signal share what comes', () => {
  const [one, other] = [queue(), queue()];
  for (const value of [1, 2, 3]) sigqueue(own, signal, value);
  const values = [one, other, one].map((each) => each.tryReceive()?.value);
  expect(values).toEqual([1, 2, 3]);
});

test('after close a signal waits for the next object', () => {
  queue().close();
  sigqueue(own, signal, 2);
  expect(queue().tryReceive()?.value).toBe(2);
});

test('every thread blocks it, those that are made later too', async () => {
  queue();
  const blocking = (): boolean[] =>
    readdirSync('/proc/self/task').flatMap((thread) => {
      const status = textOf(() => readFileSync(`/proc/self/task/${thread}/status`, 'latin1'));
      if (status === '') return [];
      const mask = /^SigBlk:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
      return [((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n];
    });
  expect(blocking()).not.toContain(false);
  const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
  await once(worker, 'online');
  expect(blocking()).not.toContain(false);
  await worker.terminate();
});

test('a program that is started does not block it', () => {
  queue();
  const status = execFileSync('cat', ['/proc/self/status']).toString();
  expect(status).toMatch(/^SigBlk:\s*0+$/m);
});

test('close ends waits, and leaving a loop does not close', async () => {
  const signals = queue();
  const receive = signals.receive();
  const loop = signals[Symbol.asyncIterator]();
  await loop.return?.();
  signals.close();
  expect(await codeOfRejection(receive)).toBe('ERR_CLOSED');
});

test('an abort', async () => {
  const controller = new AbortController();
  const receive = queue().receive({ signal: controller.signal });
  controller.abort('enough');
  expect(await rejectionOf(receive)).toBe('enough');
});

test('in a worker', async () => {
  const program = `
    const { workerData, parentPort } = require('node:worker_threads');
    const { event } = require('posix-ipc');
    const signals = event.SignalQueue.openSync(workerData);
    signals.receive().then(({ value }) => { parentPort.postMessage(value); signals.receive(); });
    parentPort.postMessage('open');`;
  const worker = new Worker(program, { eval: true, workerData: signal });
  const next = (): Promise<unknown> =>
    soon('a message', new Promise((resolve) => worker.once('message', resolve)));
  expect(await next()).toBe('open');
  sigqueue(own, signal, 5);
  expect(await next()).toBe(5);
  await soon('its end', worker.terminate());
  expect(queue().tryReceive()).toBeUndefined();
});

test('wrong arguments', () => {
  for (const wrong of [SIGRTMIN - 1, SIGRTMAX + 1, 0.5]) {
    expect(codeThrownBy(() => event.SignalQueue.openSync(wrong))).toBe('ERR_OUT_OF_RANGE');
  }
  expect(codeThrownBy(() => event.SignalQueue.openSync('SIGUSR1' as never))).toBe(
    'ERR_INVALID_ARG_TYPE',
  );
  expect(
    codeThrownBy(() => {
      sigqueue(own, 65);
    }),
  ).toBe('ERR_OUT_OF_RANGE');
  expect(
    codeThrownBy(() => {
      sigqueue(0, signal);
    }),
  ).toBe('ERR_OUT_OF_RANGE');
  expect(
    codeThrownBy(() => {
      sigqueue(own, signal, 2 ** 31);
    }),
  ).toBe('ERR_OUT_OF_RANGE');
  expect(
    codeThrownBy(() => {
      sigqueue(own, 'SIGNONE' as never);
    }),
  ).toBe('ERR_OUT_OF_RANGE');
  expect(
    codeThrownBy(() => {
      sigqueue(2 ** 22 + 1, signal);
    }),
  ).toBe('ESRCH');
  sigqueue(own, 0); // asks only
});
