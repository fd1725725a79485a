/** A mutex between processes, of Node and of C, that may die while they hold it. */

import { mkdtempSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';

import { lock } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { patience, scaled } from '../support/campaign';
import { compileC } from '../support/compile';
import { testIf } from '../support/machine';
import { makeLedger, makeMutex } from '../support/mutexes';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { mayUnshare, startInPidNamespace } from '../support/own-namespace';
import { type Peer, startC, startNode } from '../support/processes';
import { runDirectory } from '../support/run-directory';
import { soon, waitUntil } from '../support/wait-until';

const languages = ['C', 'Node'] as const;

function start(language: (typeof languages)[number], ...args: string[]): Peer | Promise<Peer> {
  return language === 'C' ? startC('mutex-peer', args) : startNode('mutex-peer', args);
}

/** Whether the next owner is told of a death, which it settles. */
function isTold(mutex: lock.Mutex): boolean {
  using guard = mutex.lockSync();
  if (guard.ownerDied) guard.markConsistent();
  return guard.ownerDied;
}

describe.each(languages)('%s holds it', (language) => {
  test('until it unlocks: the holder is known, and who waits gets it', async () => {
    const { file, ledger } = makeLedger();
    const peer = await start(language, file, 'hold');
    expect(await peer.line()).toBe('locked');
    expect(ledger.mutex.tryLock()).toBeUndefined();
    expect(ledger.mutex.holderSync()?.pid).toBe(peer.pid);
    const waiting = ledger.mutex.lock();
    await untilBlockedIn('futex_waitv', process.pid);
    peer.tell('go');
    const guard = await soon('the guard', waiting);
    expect(guard.ownerDied).toBe(false);
    guard.release();
    await peer.success();
  });

  test('it ends without unlocking: one is told', async () => {
    const { file, ledger } = makeLedger();
    const peer = await start(language, file, 'leave');
    expect(await peer.line()).toBe('locked');
    peer.tell('go');
    await peer.success();
    expect(ledger.mutex.statSync().state).toBe('owner-died');
    expect(ledger.mutex.holderSync()).toBeUndefined();
    const guard = ledger.mutex.lockSync();
    expect(guard.ownerDied).toBe(true);
    guard.markConsistent();
    guard.release();
    expect(isTold(ledger.mutex)).toBe(false);
    expect(ledger.mutex.statSync()).toMatchObject({ state: 'free', deaths: 1 });
  });

  test.each(['sync', 'promise'] as const)(
    'SIGKILL in the midst of its work, while a %s waits',
    async (form) => {
      const { file, ledger } = makeLedger();
      const peer = await start(language, file, 'half');
      expect(await peer.line()).toBe('locked');
      let guard: lock.MutexGuard;
      if (form === 'promise') {
        const waiting = ledger.mutex.lock();
        await untilBlockedIn('futex_waitv', process.pid);
        peer.kill('SIGKILL');
        guard = await soon('the guard', waiting);
      } else {
        setTimeout(() => undefined, 0);
        peer.kill('SIGKILL');
        guard = ledger.mutex.lockSync({ timeout: 30_000 });
      }
      expect(guard.ownerDied).toBe(true);
      expect([ledger.first, ledger.second]).toEqual([1, 0]);
      ledger.settle(guard);
      guard.release();
      expect(isTold(ledger.mutex)).toBe(false);
    },
  );
});

test('a survivor in C is told of the death of Node', async () => {
  const { file, ledger } = makeLedger();
  const victim = startNode('mutex-peer', [file, 'half']);
  expect(await victim.line()).toBe('locked');
  const survivor = await startC('mutex-peer', [file, 'count', '10']);
  await untilBlockedIn('futex', survivor.pid);
  victim.kill('SIGKILL');
  await survivor.success();
  expect([ledger.seen, ledger.torn, ledger.first, ledger.second]).toEqual([1, 1, 11, 11]);
});

test('a survivor that dies before it has settled passes the news on', async () => {
  const { file, ledger } = makeLedger();
  for (let i = 0; i < 3; i++) {
    const peer = await start(languages[i % 2] ?? 'C', file, 'leave');
    expect(await peer.line()).toBe('locked');
    peer.kill('SIGKILL');
    await peer.ended;
  }
  expect(isTold(ledger.mutex)).toBe(true);
});

test('a child of fork owns nothing of its parent, and its death is told', async () => {
  const { file, ledger } = makeLedger();
  const peer = await startC('mutex-peer', [file, 'fork']);
  expect(await peer.success()).toBe('done\n');
  expect([ledger.seen, ledger.mutex.holderSync()]).toEqual([0, undefined]);
  expect([isTold(ledger.mutex), isTold(ledger.mutex)]).toEqual([true, false]);
});

testIf(mayUnshare, 'unshare is not allowed')(
  'a death in another PID namespace is told',
  async () => {
    const { file, ledger } = makeLedger();
    const program = await compileC('mutex-peer');
    const peer = startInPidNamespace(program, [file, 'leave']);
    expect(await peer.line()).toBe('locked');
    expect(ledger.mutex.tryLock()).toBeUndefined();
    expect(ledger.mutex.holderSync()?.pid).not.toBe(peer.pid); // the id is that of the other namespace
    const waiting = ledger.mutex.lock();
    await untilBlockedIn('futex_waitv', process.pid);
    peer.tell('go');
    using guard = await soon('the guard', waiting);
    expect(guard.ownerDied).toBe(true);
    guard.markConsistent();
  },
);

test('released without markConsistent it can never be locked again', async () => {
  const { file, ledger } = makeLedger();
  const peer = await startC('mutex-peer', [file, 'leave']);
  expect(await peer.line()).toBe('locked');
  peer.kill('SIGKILL');
  await peer.ended;
  const guard = ledger.mutex.lockSync();
  const waiting = rejectionOf(ledger.mutex.lock());
  await untilBlockedIn('futex_waitv', process.pid);
  guard.release();
  expect((await soon('the end of the wait', waiting)).message).toMatch(
    /^ENOTRECOVERABLE: .*without markConsistent/,
  );
  expect(codeThrownBy(() => ledger.mutex.lockSync())).toBe('ENOTRECOVERABLE');
  expect(codeThrownBy(() => ledger.mutex.tryLock())).toBe('ENOTRECOVERABLE');
  expect(ledger.mutex.statSync().state).toBe('unrecoverable');
  expect(ledger.mutex.holderSync()).toBeUndefined();
  const other = await startC('mutex-peer', [file, 'count', '1']);
  expect((await other.ended).stderr).toContain('recoverable');
});

test.each(['losing', 'lost'])(
  'who releases it without markConsistent dies right after the step "%s": nobody waits on',
  async (step) => {
    const { file, ledger } = makeLedger();
    const first = await startC('mutex-peer', [file, 'leave']);
    await first.line();
    first.kill('SIGKILL');
    await first.ended;
    const dying = await startC('mutex-peer', [file, 'unsettled', step]);
    await dying.line();
    const others = [
      await startC('mutex-peer', [file, 'count', '1']),
      startNode('mutex-peer', [file, 'count', '1', 'sync']),
      startNode('mutex-peer', [file, 'count', '1', 'promise']),
    ];
    const waiting = rejectionOf(ledger.mutex.lock());
    await waitUntil('all sleep', () => ledger.mutex.statSync().contentions === 4);
    for (const [i, { pid }] of others.entries()) {
      await untilBlockedIn(i < 2 ? 'futex' : 'futex_waitv', pid);
    }
    await untilBlockedIn('futex_waitv', process.pid);
    dying.tell('go');
    expect((await dying.ended).signal).toBe('SIGKILL');
    expect((await soon('the end of the wait', waiting)).message).toMatch(/^ENOTRECOVERABLE/);
    for (const peer of others) {
      expect((await soon('its end', peer.ended)).stderr).toMatch(/recoverable|ENOTRECOVERABLE/);
    }
    expect(ledger.mutex.statSync().state).toBe('unrecoverable');
  },
);

describe('recover', () => {
  async function left(name: string): Promise<void> {
    const peer = startNode('mutex-leaver', [name]);
    await peer.line();
    peer.kill('SIGKILL');
    await peer.ended;
  }

  test('repairs before the guard is given', async () => {
    const { name } = makeMutex();
    const calls: boolean[] = [];
    using mutex = lock.Mutex.openSync(name, {
      recover: (guard) => {
        calls.push(guard.ownerDied);
      },
    });
    mutex.lockSync().release();
    await left(name);
    using guard = mutex.lockSync();
    expect([guard.ownerDied, calls]).toEqual([true, [true]]);
    guard.release();
    await left(name);
    (await mutex.lock()).release();
    await left(name);
    mutex.tryLock()?.release();
    expect(calls).toHaveLength(3);
    expect(mutex.statSync()).toMatchObject({ state: 'free', deaths: 3 });
  });

  test('fails: so does the lock, and the next one is told', async () => {
    const { name } = makeMutex();
    using mutex = lock.Mutex.openSync(name, {
      recover: () => {
        throw new Error('beyond repair');
      },
    });
    await left(name);
    expect((await rejectionOf(mutex.lock())).message).toBe('beyond repair');
    expect(() => mutex.lockSync()).toThrow('beyond repair');
    using asynchronous = lock.Mutex.openSync(name, { recover: () => Promise.resolve() });
    expect(codeThrownBy(() => asynchronous.lockSync())).toBe('ERR_INVALID_ARG_TYPE');
    expect(mutex.statSync().state).toBe('owner-died');
    (await asynchronous.lock()).release();
    expect(mutex.statSync().state).toBe('free');
    expect(await codeOfRejection(mutex.lock({ timeout: -1 }))).toBe('ERR_OUT_OF_RANGE');
  });
});

test.each(['ends', 'exits', 'throws', 'is terminated', 'is terminated while blocked'])(
  'a worker %s while it holds the mutex: its owner has died',
  async (way) => {
    const peer = startNode('mutex-worker', [way]);
    expect(await peer.success()).toBe('true true\nfalse\n');
  },
);

test('two copies of the package in one thread: the death is told of what each has locked', async () => {
  const mutexes = Array.from({ length: 6 }, () => makeMutex());
  const folder = mkdtempSync(path.join(runDirectory(), 'copies-'));
  const peer = startNode('two-copies', [folder, ...mutexes.map(({ name }) => name)]);
  const { stderr } = await peer.ended;
  expect(stderr).toBe('');
  const states = mutexes.map((mutex) => mutex.statSync().state);
  expect(states).toEqual(['free', ...Array<string>(5).fill('owner-died')]);
});

/** The addon tries on by the same function. */
testIf(cpus().length > 1, 'needs two CPUs')(
  'who may use one CPU of several tries on before it sleeps: the owner may have another one',
  async () => {
    const peer = await startC('mutex-tries');
    expect(await peer.success()).toBe('0 1 0\n');
  },
);

/** POSIX_IPC_CAMPAIGN=20: 100,000 of each. */
test.each([false, true])(
  'eight processes exclude each other, fair: %s',
  async (fair) => {
    const { file, ledger } = makeLedger(fair);
    const count = scaled(5000);
    const begin = ledger.mutex.lockSync();
    const peers = [
      await startC('mutex-peer', [file, 'count', String(count)]),
      await startC('mutex-peer', [file, 'count', String(count)]),
      ...['sync', 'promise', 'mixed', 'sync', 'promise', 'mixed'].map((form) =>
        startNode('mutex-peer', [file, 'count', String(count), form]),
      ),
    ];
    await waitUntil('all are there', () => ledger.mutex.statSync().contentions === 8);
    begin.release();
    const ends = await Promise.all(peers.map((peer) => peer.ended));
    expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual(Array(8).fill([0, '']));
    expect([ledger.first, ledger.second, ledger.seen]).toEqual([8 * count, 8 * count, 0]);
    expect(ledger.mutex.statSync()).toMatchObject({ state: 'free', acquisitions: 8 * count + 1 });
  },
  patience(5),
);
