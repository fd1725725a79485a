/** Sync forms without a timeout, blocked in the main thread of a process that gets signals: they go on. */

import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

import { event, posix } from 'posix-ipc';

import { untilBlockedIn, type BlockingCall } from '../support/blocked';
import { startNode, type Peer } from '../support/processes';
import { setOf } from '../support/semaphore-sets';
import { soon, waitUntil } from '../support/wait-until';

/** Whether the signal was sent to a process, and is not taken yet. */
function isPending(pid: number): boolean {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'latin1');
  const [, signals = ''] = /^ShdPnd:\s*(\w+)$/m.exec(status) ?? [];
  return ((BigInt(`0x${signals}`) >> BigInt(constants.signals.SIGUSR2 - 1)) & 1n) === 1n;
}

/** The peer blocks, gets a signal, and blocks again; then what it waits for is given. */
async function acrossSignal(
  peer: Peer,
  call: BlockingCall,
  id: number | undefined,
  give: () => void,
): Promise<void> {
  await untilBlockedIn(call, peer.pid, id);
  peer.kill('SIGUSR2');
  await waitUntil('the signal is taken', () => !isPending(peer.pid)); // so the first wait is over
  await untilBlockedIn(call, peer.pid, id);
  give();
  expect(await soon('its end', peer.line())).toBe('ended after 1 signals');
}

test('operateSync of a set', async () => {
  const set = setOf(0);
  const peer = startNode('interrupted', ['set', String(set.id)]);
  await acrossSignal(peer, 'semop', set.id, () => {
    set.postSync(0);
  });
  expect(set.valuesSync()).toEqual([0]);
});

test('waitSync of a POSIX semaphore', async () => {
  using memory = posix.SharedMemory.createSync(undefined, { size: 4096 });
  using semaphore = posix.Semaphore.at(memory.mapping, 0, { value: 0 });
  const peer = startNode('interrupted', ['semaphore', memory.name]);
  try {
    await acrossSignal(peer, 'futex', undefined, () => {
      semaphore.post();
    });
    expect(semaphore.value).toBe(0);
  } finally {
    memory.unlinkSync();
  }
});

test('waitSync of a futex', async () => {
  using memory = posix.SharedMemory.createSync(undefined, { size: 4096 });
  using futex = new event.Futex(memory.mapping);
  const peer = startNode('interrupted', ['futex', memory.name]);
  try {
    await acrossSignal(peer, 'futex', undefined, () => {
      memory.mapping.view(Int32Array, 0, 1)[0] = 1; // between two looks there is nobody to wake
      futex.wake();
    });
    expect(futex.wake()).toBe(0); // nobody waits any more
  } finally {
    memory.unlinkSync();
  }
});
