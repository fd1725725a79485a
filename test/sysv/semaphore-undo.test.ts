/** SEM_UNDO belongs to the process: its end takes back what it did, the end of a thread does not. */

import type { sysv } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { startNode } from '../support/processes';
import { setOf } from '../support/semaphore-sets';
import { soon, waitUntil } from '../support/wait-until';

type Peer = ReturnType<typeof startNode>;

/** A process, or a worker of one, that has taken one from the semaphore, with undo or without. */
async function holder(set: sysv.SemaphoreSet, ...how: string[]): Promise<Peer> {
  const peer = startNode('hold-set', [String(set.id), ...how]);
  expect(await peer.line()).toBe('taken');
  expect(set.valueSync()).toBe(0);
  return peer;
}

async function killed(peer: Peer): Promise<void> {
  peer.kill('SIGKILL');
  expect(await soon('its end', peer.ended)).toMatchObject({ signal: 'SIGKILL' });
}

test.each(['wait', 'waitSync', 'tryWait', 'operate', 'acquire', 'use', 'pending'])(
  '%s: SIGKILL gives back what was taken with undo, and keeps what was taken without',
  async (form) => {
    const set = setOf(1);
    await killed(await holder(set, form, 'undo'));
    await waitUntil('the kernel has undone it', () => set.valueSync() === 1);
    await killed(await holder(set, form));
    expect(set.valueSync()).toBe(0);
  },
);

test('who waits is served by the end of the holder', async () => {
  const set = setOf(1);
  const peer = await holder(set, 'wait', 'undo');
  const waiting = set.wait();
  await untilBlockedIn('semop', process.pid, set.id);
  await killed(peer);
  await soon('the wait', waiting);
  expect(set.valueSync()).toBe(0);
});

test('a post with undo balances a wait with undo: nothing is undone twice', async () => {
  const set = setOf(1);
  const peer = await holder(set, 'wait', 'undo');
  peer.tell('post');
  expect(await peer.line()).toBe('posted');
  expect(set.valueSync()).toBe(1);
  await killed(peer);
  expect(set.valueSync()).toBe(1);
});

test('the end of a worker undoes nothing, the end of its process does', async () => {
  const set = setOf(1);
  const peer = await holder(set, 'worker', 'undo');
  peer.tell('end the worker');
  expect(await peer.line()).toBe('worker ended');
  expect(set.valueSync()).toBe(0);
  await killed(peer);
  await waitUntil('the kernel has undone it', () => set.valueSync() === 1);
});

test('what a pending promise had just been given is given back at exit, with undo too', async () => {
  for (const undo of [[], ['undo']]) {
    const set = setOf(0);
    const peer = startNode('hold-set', [String(set.id), 'exit when served', ...undo]);
    expect(await peer.line()).toBe('waiting');
    await untilBlockedIn('semop', peer.pid, set.id);
    peer.tell('go');
    expect(await soon('its end', peer.ended)).toMatchObject({ code: 0, stderr: '' });
    expect(set.valueSync()).toBe(1);
  }
});

test('setValue forgets what was to be undone', async () => {
  const set = setOf(1);
  const peer = await holder(set, 'wait', 'undo');
  set.setValueSync(0, 5);
  await killed(peer);
  expect(set.valueSync()).toBe(5);
});
