/** The ends of processes and workers that wait for a signal: it is sent to a process, not to an object. */

import { Worker } from 'node:worker_threads';

import { event } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { startNode, type Peer } from '../support/processes';
import { soon } from '../support/wait-until';

const number = event.SIGRTMIN + 2;

async function waiter(scene: string): Promise<Peer> {
  const peer = startNode('signal-waiter', [scene, String(number)]);
  await untilBlockedIn('epoll', peer.pid, number);
  return peer;
}

test('keeps the process alive until it comes', async () => {
  const peer = await waiter('idle');
  event.sigqueue(peer.pid, number, 5);
  expect(await peer.success()).toBe('5\n');
});

test.each(['SIGINT', 'SIGKILL'] as const)('%s ends the process', async (signal) => {
  const peer = await waiter('idle');
  peer.kill(signal);
  expect(await soon('its end', peer.ended)).toMatchObject({ code: null, signal, stdout: '' });
});

test.each([
  ['exit', 7],
  ['throw', 1],
] as const)('%s ends the process', async (scene, code) => {
  const peer = await waiter(scene);
  peer.tell('go');
  expect(await soon('its end', peer.ended)).toMatchObject({ code, signal: null, stdout: '' });
});

test('the natural end, when the wait does not keep the process alive', async () => {
  const peer = startNode('signal-waiter', ['unref', String(number)]);
  expect(await peer.success()).toBe('');
});

const program = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { event } = require('posix-ipc');
  const signals = event.SignalQueue.openSync(workerData.number);
  signals.receive().then(({ value }) => parentPort.postMessage(value));
  globalThis.kept = signals;
  if (workerData.unref) signals.unref();
  else parentPort.once('message', () => { parentPort.postMessage('busy'); for (;;); });
  parentPort.postMessage('waits');`;

function startWorker(unref = false): Worker {
  return new Worker(program, { eval: true, workerData: { number, unref } });
}

async function workerThatWaits(): Promise<Worker> {
  const worker = startWorker();
  await next(worker);
  return worker;
}

function next(worker: Worker): Promise<unknown> {
  return soon('a word of the worker', new Promise((resolve) => worker.once('message', resolve)));
}

/** What has come and nobody has taken. */
function left(): number[] {
  using signals = event.SignalQueue.openSync(number);
  const values: number[] = [];
  for (let one = signals.tryReceive(); one !== undefined; one = signals.tryReceive()) {
    values.push(one.value);
  }
  return values;
}

afterEach(left);

test('worker.terminate(): what comes then waits for the next one', async () => {
  const worker = await workerThatWaits();
  expect(await soon('its end', worker.terminate())).toBe(1);
  event.sigqueue(process.pid, number, 6);
  expect(left()).toEqual([6]);
});

test('worker.terminate() in the instant in which it comes: it is taken, or it is left', async () => {
  const worker = await workerThatWaits();
  worker.postMessage('go');
  expect(await next(worker)).toBe('busy');
  event.sigqueue(process.pid, number, 7);
  expect(await soon('its end', worker.terminate())).toBe(1);
  expect(left()).toEqual([7]); // its loop had no turn in which it could take it
});

test('the natural end of a worker, when the wait does not keep it alive', async () => {
  const worker = startWorker(true);
  // At once: it may end in the turn in which its word comes.
  const ended = new Promise<number>((resolve) => worker.once('exit', resolve));
  expect(await soon('its end', ended)).toBe(0);
  event.sigqueue(process.pid, number, 8);
  expect(left()).toEqual([8]);
});
