/**
 * A writer that waits for a reader is killed, and the reader leaves while the thread that waited is
 * still about to end: the writer that was behind it has to be woken all the same.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

import { lock } from 'posix-ipc';

import { threadsBlockedIn } from '../support/blocked';
import { patience, scaled } from '../support/campaign';
import { testIf } from '../support/machine';
import { Peer, startNode } from '../support/processes';
import { engineThreadIds } from '../support/threads';
import { waitUntil } from '../support/wait-until';

const rounds = scaled(8);

const mayIdle = spawnSync('chrt', ['--idle', '0', 'true']).status === 0;

const untilOrphaned =
  "const { ppid } = process; console.log('busy'); while (process.ppid === ppid);";

/** So that a thread that may only run where nobody else wants to has to wait for long. */
async function keepCpusBusy(): Promise<Peer[]> {
  const all = Array.from(
    { length: 2 * availableParallelism() },
    () => new Peer(process.execPath, ['--eval', untilOrphaned]),
  );
  for (const one of all) expect(await one.line()).toBe('busy');
  return all;
}

async function startWriter(name: string): Promise<Peer> {
  const writer = startNode('rwlock-writer', [name]);
  expect(await writer.line()).toBe('asked');
  return writer;
}

async function untilItWaitsForTheReader({ pid }: Peer): Promise<void> {
  await waitUntil('a writer waits for the reader', () => {
    return engineThreadIds(pid).length > 0 && threadsBlockedIn('futex', pid) > 0;
  });
}

testIf(mayIdle, 'needs chrt')(
  `the next writer is woken, ${String(rounds)} times`,
  async () => {
    for (let round = 0; round < rounds; round++) {
      const rwlock = lock.RwLock.createSync();
      const reader = rwlock.readLockSync();
      try {
        const first = await startWriter(rwlock.name);
        await untilItWaitsForTheReader(first);
        const second = await startWriter(rwlock.name);
        await waitUntil('it waits behind', () => threadsBlockedIn('futex_waitv', second.pid) > 0);
        const busy = await keepCpusBusy();
        for (const thread of engineThreadIds(first.pid)) {
          execFileSync('chrt', ['--idle', '--pid', '0', thread]);
        }
        first.kill('SIGKILL');
        await untilItWaitsForTheReader(second);
        reader.release();
        for (const one of busy) one.kill('SIGKILL');
        expect(await second.line()).toBe('writes');
        second.kill('SIGKILL');
        await second.ended;
      } finally {
        rwlock.unlinkSync();
        rwlock.close();
      }
    }
  },
  patience(20),
);
