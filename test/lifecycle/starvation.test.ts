/** Waits hold up nobody: not the file system, not the event loop, not the end of the process. */

import { setMaxListeners } from 'node:events';
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';

import type { sysv } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { startNode } from '../support/processes';
import { temporaryQueue } from '../support/queues';
import { engineThreads, untilNothingIsParked } from '../support/threads';
import { soon, waitUntil } from '../support/wait-until';

const waits = 100;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

async function timeOfStat(): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const begin = performance.now();
    await stat(__filename);
    times.push(performance.now() - begin);
  }
  return median(times);
}

/** Receives of that many selectors, each on a thread of its own; answers how to end them. */
async function hundredWaits(queue: sysv.MessageQueue): Promise<() => Promise<void>> {
  const controller = new AbortController();
  setMaxListeners(waits, controller.signal);
  const pending = Array.from({ length: waits }, (_, i) =>
    queue.receive({ type: i + 1, signal: controller.signal }).catch(() => undefined),
  );
  await untilBlockedIn('msgrcv', process.pid, queue.id, waits);
  return async () => {
    controller.abort();
    await soon('the end of all waits', Promise.all(pending));
  };
}

test('with 100 receives pending, fs.stat is as fast as with none', async () => {
  const queue = temporaryQueue();
  await timeOfStat(); // warm
  const [without, during]: [number[], number[]] = [[], []];
  for (let i = 0; i < 10; i++) {
    without.push(await timeOfStat());
    const end = await hundredWaits(queue);
    expect(engineThreads()).toBeGreaterThanOrEqual(waits);
    during.push(await timeOfStat());
    await end();
  }
  await untilNothingIsParked();
  // Had the waits taken threads of libuv's pool, fs.stat would never answer. What sleeps in the
  // kernel costs nothing, so the true ratio is 1; what others do meanwhile only adds, and comes and goes.
  expect(Math.min(...during) / Math.min(...without)).toBeLessThan(3);
});

/** How long the process lives after it has called process.exit(), in milliseconds. */
async function timeOfExit(queue: sysv.MessageQueue, count: number): Promise<number> {
  const peer = startNode('exit-with-waits', [String(queue.id), String(count)]);
  await peer.line();
  if (count > 0) await untilBlockedIn('msgrcv', peer.pid, queue.id, count);
  peer.tell('go');
  const begin = Number(await peer.line());
  expect(await soon('the end of the process', peer.ended)).toMatchObject({ code: 0, stderr: '' });
  return Date.now() - begin;
}

test('with 100 receives pending, process.exit() is immediate', async () => {
  const queue = temporaryQueue();
  const [without, during]: [number[], number[]] = [[], []];
  for (let i = 0; i < 5; i++) {
    without.push(await timeOfExit(queue, 0));
    during.push(await timeOfExit(queue, waits));
  }
  // A single wait that is not ended makes the process hang for ever. Ending 100 threads and
  // joining them takes a few milliseconds, and many more on a machine that does much else: the
  // least counts.
  expect(Math.min(...during) - Math.min(...without)).toBeLessThan(500);
});

test('a loop over a queue that is never empty lets the event loop go round', async () => {
  const queue = temporaryQueue();
  queue.trySendMany(Array.from({ length: 100 }, () => 'x'));
  const messages = 50_000;
  let ticks = 0;
  let turns = 0;
  let counting = true;
  const timer = setInterval(() => ticks++, 1);
  const countTurns = async (): Promise<void> => {
    for (; counting; turns++) await turn();
  };
  const counted = countTurns();
  let received = 0;
  for await (const { data } of queue) {
    queue.sendSync(data);
    if (++received === messages) break;
  }
  counting = false;
  clearInterval(timer);
  await counted;
  // At most 1,024 calls are answered in a row (lib/core/turn.ts), and a timer is due every millisecond.
  expect(turns).toBeGreaterThanOrEqual(Math.floor(messages / 1100));
  expect(ticks).toBeGreaterThanOrEqual(10);
});

test('a flooded queue does not keep other calls of the loop from being answered', async () => {
  const queue = temporaryQueue();
  startNode('flood', [String(queue.id)]);
  let received = 0;
  const controller = new AbortController();
  const receiving = (async () => {
    for await (const message of queue.messages({ signal: controller.signal })) {
      if (message.type === 1) received++;
    }
  })().catch(() => undefined);
  await waitUntil('the flood has begun', () => received > 0);
  const before = received;
  for (let i = 0; i < 100; i++) {
    expect((await stat(__filename)).size).toBe(statSync(__filename).size);
  }
  // The flood may just have had no CPU.
  await waitUntil('messages among those calls, or right after', () => received > before);
  controller.abort();
  await soon('the end of the loop', receiving);
});
