/**
 * A writer that waits for a reader is killed, and the reader leaves while the thread that waited is
 * still about to end: the writer that was behind it has to be woken all the same.
 */

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';

import { lock } from 'posix-ipc';

import { threadsBlockedIn } from '../support/blocked';
import { patience, scaled } from '../support/campaign';
import { testIf } from '../support/machine';
import { type Peer, startNode } from '../support/processes';
import { engineThreadIds } from '../support/threads';
import { waitUntil } from '../support/wait-until';

const rounds = scaled(10);

const mayIdle = spawnSync('chrt', ['--idle', '0', 'true']).status === 0;

const untilOrphaned = 'const { ppid } = process; while (process.ppid === ppid);';

const busy: ChildProcess[] = [];

afterEach(() => {
  for (const one of busy) one.kill('SIGKILL');
  busy.length = 0;
});

/** So that a thread that may only run where nobody else wants to has to wait for long. */
function keepCpusBusy(): void {
  for (let i = 0; i < availableParallelism(); i++) {
    busy.push(spawn(process.execPath, ['--eval', untilOrphaned], { stdio: 'ignore' }));
  }
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
    keepCpusBusy();
    for (let round = 0; round < rounds; round++) {
      const rwlock = lock.RwLock.createSync();
      const reader = rwlock.readLockSync();
      try {
        const first = await startWriter(rwlock.name);
        await untilItWaitsForTheReader(first);
        const second = await startWriter(rwlock.name);
        await waitUntil('it waits behind', () => threadsBlockedIn('futex_waitv', second.pid) > 0);
        for (const thread of engineThreadIds(first.pid)) {
          execFileSync('chrt', ['--idle', '--pid', '0', thread]);
        }
        first.kill('SIGKILL');
        await untilItWaitsForTheReader(second);
        reader.release();
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
