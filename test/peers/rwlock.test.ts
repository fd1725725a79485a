/** A readers-writer lock between processes, of Node and of C, that may die while they hold it. */

import { event, type lock } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { makeRwLedger } from '../support/mutexes';
import { codeThrownBy, rejectionOf } from '../support/outcome';
import { type Peer, startC, startNode } from '../support/processes';
import { ledgerSlots, type RwLedger } from '../support/rw-ledger';
import { soon, waitUntil } from '../support/wait-until';
import { mapFile } from '../support/words';

const languages = ['C', 'Node'] as const;
type Language = (typeof languages)[number];

async function launch(language: Language, ...args: string[]): Promise<Peer> {
  return language === 'C' ? await startC('rwlock-peer', args) : startNode('rwlock-peer', args);
}

async function start(language: Language, ...args: string[]): Promise<Peer> {
  const peer = await launch(language, ...args);
  if (args[1] !== 'count' && args[1] !== 'storm') expect(await peer.line()).toBe('locked');
  return peer;
}

async function kill(peer: Peer): Promise<void> {
  peer.kill('SIGKILL');
  await peer.ended;
}

/** Whether the next one is told of a death, which it settles. */
function isTold({ rwlock }: RwLedger): boolean {
  using guard = rwlock.readLockSync();
  if (guard.ownerDied) guard.markConsistent();
  return guard.ownerDied;
}

test('C: who finds no slot is told of too many readers only where there are', async () => {
  expect(await (await startC('rwlock-slots-rules')).success()).toBe('done\n');
});

test('Node: a thread that is blocked for a slot to be left gives up in time', async () => {
  const { file } = makeRwLedger();
  const words = mapFile(file);
  for (let slot = 0; slot < ledgerSlots; slot++) words.view(Uint32Array)[48 + 16 * slot] = 1;
  expect(await soon('the end', startNode('rwlock-peer', [file, 'expire']).line())).toBe(
    'ETIMEDOUT',
  );
  words.close();
});

describe.each(languages)('%s', (language) => {
  test('nobody reads while somebody writes: slots that are taken then are about to be left', async () => {
    const { file, ledger } = makeRwLedger();
    const words = mapFile(file);
    const writer = ledger.rwlock.writeLockSync();
    const setSlots = (thread: number): void => {
      for (let slot = 0; slot < ledgerSlots; slot++)
        words.view(Uint32Array)[48 + 16 * slot] = thread;
    };
    setSlots(1); // as of many who come at the same time, and are about to queue
    const peer = await launch(language, file, 'read');
    let hasEnded = false;
    void peer.ended.then(() => (hasEnded = true));
    const queues = (): boolean => ledger.rwlock.statSync().contentions > 0;
    await waitUntil('it queues', () => hasEnded || queues());
    expect(queues()).toBe(true);
    setSlots(0);
    writer.release();
    expect(await peer.line()).toBe('locked');
    words.close();
  });

  test('slots in which nobody reads are about to be left: who comes to read waits for them', async () => {
    const { file, ledger } = makeRwLedger();
    const words = mapFile(file);
    const setSlots = (thread: number): void => {
      for (let slot = 0; slot < ledgerSlots; slot++)
        words.view(Uint32Array)[48 + 16 * slot] = thread;
    };
    setSlots(1); // as of many who came while somebody wrote, who has just left
    const peer = await launch(language, file, 'read');
    let hasEnded = false;
    void peer.ended.then(() => (hasEnded = true));
    const tries = (): number => Number(words.view(BigUint64Array)[14]); // how often the gate was locked
    await waitUntil('it tries again', () => hasEnded || tries() > 3);
    expect(hasEnded).toBe(false);
    setSlots(0);
    expect(await peer.line()).toBe('locked');
    expect(ledger.rwlock.statSync()).toMatchObject({ state: 'reading', readers: 1 });
    words.close();
  });

  test('a writer sleeps where a slot says that nobody can have it any more, which no reader writes', async () => {
    const { file } = makeRwLedger();
    const words = mapFile(file);
    using slot = new event.Futex(words, 192);
    const word = words.view(Uint32Array, 192, 1);
    Atomics.store(word, 0, 0x3fff_ffff);
    const peer = await launch(language, file, 'write');
    await untilBlockedIn('futex', peer.pid);
    Atomics.store(word, 0, 0);
    slot.wake();
    expect(await peer.line()).toBe('locked');
    words.close();
  });

  test('writes: the holder is known, and who waits gets it', async () => {
    const { file, ledger } = makeRwLedger();
    const peer = await start(language, file, 'write');
    expect([ledger.rwlock.tryReadLock(), ledger.rwlock.tryWriteLock()]).toEqual([
      undefined,
      undefined,
    ]);
    expect(ledger.rwlock.holdersSync()).toMatchObject({ writer: { pid: peer.pid }, readers: [] });
    const waiting = [ledger.rwlock.readLock(), ledger.rwlock.readLock()];
    await untilBlockedIn('futex_waitv', process.pid);
    peer.tell('go');
    const guards = await soon('the guards', Promise.all(waiting));
    expect(guards.map(({ shared }) => shared)).toEqual([true, true]);
    expect(ledger.rwlock.statSync()).toMatchObject({ state: 'reading', readers: 2, deaths: 0 });
    for (const guard of guards) guard.release();
    await peer.success();
  });

  test('reads: others read, and who waits to write gets it', async () => {
    const { file, ledger } = makeRwLedger();
    const peer = await start(language, file, 'read');
    ledger.rwlock.readLockSync().release();
    expect(ledger.rwlock.holdersSync()).toMatchObject({ readers: [{ pid: peer.pid }] });
    const waiting = ledger.rwlock.writeLock();
    await untilBlockedIn('futex', process.pid);
    peer.tell('go');
    (await soon('the guard', waiting)).release();
    await peer.success();
  });

  test('reads and is killed: who waits to write gets it, and is told of nothing', async () => {
    const { file, ledger } = makeRwLedger();
    for (const form of ['promise', 'sync', 'later'] as const) {
      const peer = await start(language, file, 'read');
      let guard: lock.RwLockGuard;
      if (form === 'promise') {
        const waiting = ledger.rwlock.writeLock();
        await untilBlockedIn('futex', process.pid);
        peer.kill('SIGKILL');
        guard = await soon('the guard', waiting);
      } else {
        if (form === 'sync') peer.kill('SIGKILL');
        else await kill(peer);
        guard = ledger.rwlock.writeLockSync({ timeout: 60_000 });
      }
      expect(guard.ownerDied).toBe(false);
      guard.release();
      await peer.ended;
    }
    expect(ledger.rwlock.statSync()).toMatchObject({ state: 'free', readers: 0, deaths: 0 });
  });

  test.each(['readLock', 'writeLock'] as const)(
    'is killed while it writes, while %s waits: one is told, alone',
    async (method) => {
      const { file, ledger } = makeRwLedger();
      const peer = await start(language, file, 'half');
      const waiting = ledger.rwlock[method]();
      await untilBlockedIn('futex_waitv', process.pid);
      peer.kill('SIGKILL');
      const guard = await soon('the guard', waiting);
      expect(guard).toMatchObject({ ownerDied: true, shared: false });
      expect([ledger.first, ledger.second]).toEqual([1, 0]);
      expect(ledger.rwlock.tryReadLock()).toBeUndefined();
      expect(
        codeThrownBy(() => {
          guard.downgrade();
        }),
      ).toBe('EPERM');
      ledger.settle(guard);
      guard.downgrade();
      expect(guard.shared).toBe(true);
      ledger.rwlock.readLockSync().release();
      guard.release();
      expect(isTold(ledger)).toBe(false);
      expect(ledger.rwlock.statSync()).toMatchObject({ state: 'free', deaths: 1 });
    },
  );

  test('upgrades while a writer waits, and goes first', async () => {
    const { file, ledger } = makeRwLedger();
    const peer = await start(language, file, 'upgrade');
    const waiting = ledger.rwlock.writeLock();
    await untilBlockedIn('futex', process.pid);
    peer.tell('go');
    expect(await peer.line()).toBe('upgraded');
    expect(ledger.rwlock.holdersSync()).toMatchObject({ writer: { pid: peer.pid }, readers: [] });
    peer.tell('go');
    (await soon('the writer', waiting)).release();
    await peer.success();
  });
});

test('a survivor in C is told of the death of Node', async () => {
  const { file, ledger } = makeRwLedger();
  const victim = await start('Node', file, 'half');
  const survivor = await start('C', file, 'count', '40');
  await untilBlockedIn('futex', survivor.pid);
  victim.kill('SIGKILL');
  await survivor.success();
  expect([ledger.seen, ledger.torn, ledger.first, ledger.second]).toEqual([1, 1, 11, 11]);
});

test('a survivor that dies before it has settled passes the news on', async () => {
  const { file, ledger } = makeRwLedger();
  await kill(await start('C', file, 'half'));
  expect(ledger.rwlock.statSync().state).toBe('owner-died');
  expect(ledger.rwlock.holdersSync()).toEqual({ writer: undefined, readers: [] });
  await kill(await start('C', file, 'half')); // it has settled, and torn the data again
  expect(isTold(ledger)).toBe(true);
});

test('released without markConsistent it can never be locked again', async () => {
  const { file, ledger } = makeRwLedger();
  await kill(await start('C', file, 'half'));
  const guard = ledger.rwlock.readLockSync();
  expect(guard).toMatchObject({ ownerDied: true, shared: false });
  const waiting = rejectionOf(ledger.rwlock.readLock());
  await untilBlockedIn('futex_waitv', process.pid);
  guard.release();
  expect((await soon('the end of the wait', waiting)).message).toMatch(
    /^ENOTRECOVERABLE: .*without markConsistent/,
  );
  for (const call of ['readLockSync', 'tryReadLock', 'writeLockSync', 'tryWriteLock'] as const) {
    expect(codeThrownBy(() => ledger.rwlock[call]())).toBe('ENOTRECOVERABLE');
  }
  expect(ledger.rwlock.statSync().state).toBe('unrecoverable');
});

test('recover repairs before the guard is given, and a reader then reads with others', async () => {
  const calls: boolean[] = [];
  const { file, ledger, open } = makeRwLedger();
  using rwlock = open({
    recover: ({ ownerDied }) => {
      calls.push(ownerDied);
      ledger.repair();
    },
  });
  for (const method of ['readLock', 'readLockSync', 'tryReadLock', 'writeLock'] as const) {
    await kill(await start('C', file, 'half'));
    using guard = await rwlock[method]();
    expect(guard).toMatchObject({ ownerDied: true, shared: method !== 'writeLock' });
  }
  expect(calls).toEqual([true, true, true, true]);
  expect(ledger.seen).toBe(4);
  await kill(await start('C', file, 'half'));
  const failing = open({
    recover: () => {
      throw new Error('beyond repair');
    },
  });
  expect(() => failing.readLockSync()).toThrow('beyond repair');
  expect((await rejectionOf(failing.writeLock())).message).toBe('beyond repair');
  failing.close();
  expect(ledger.rwlock.statSync().state).toBe('owner-died');
});

test.each([false, true])(
  'readers and writers exclude each other, preferWriters: %s',
  async (preferWriters) => {
    const { file, ledger } = makeRwLedger({ preferWriters });
    const count = 2000;
    const peers = [
      await start('C', file, 'count', String(count)),
      await start('C', file, 'count', String(count)),
      ...(await Promise.all(
        ['sync', 'promise', 'mixed'].map((form) =>
          start('Node', file, 'count', String(count), form),
        ),
      )),
    ];
    for (const peer of peers) await peer.success();
    const writes = (peers.length * count) / 4;
    expect([ledger.first, ledger.second, ledger.seen]).toEqual([writes, writes, 0]);
    expect(ledger.rwlock.statSync()).toMatchObject({ state: 'free', readers: 0, writes });
  },
);
