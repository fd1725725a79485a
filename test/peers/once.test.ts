/** What is done once by processes of Node and of C, that may die while they are at it. */

import { lock } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { temporaryFile } from '../support/files';
import { startC, startNode, type Peer } from '../support/processes';
import { soon } from '../support/wait-until';
import { mapFile } from '../support/words';

const languages = ['C', 'Node'] as const;
type Language = (typeof languages)[number];

function start(language: Language, ...args: string[]): Peer | Promise<Peer> {
  return language === 'C' ? startC('once-peer', args) : startNode('once-peer', args);
}

function makeOnce(): { file: string; once: lock.Once; counters: () => number[] } {
  const file = temporaryFile(Buffer.alloc(4096));
  using mapping = mapFile(file);
  return {
    file,
    once: lock.Once.at(mapping, 0, { create: true }),
    counters: () => {
      using own = mapFile(file);
      return [...own.view(Int32Array, 1024, 2)];
    },
  };
}

async function killed(peer: Peer): Promise<void> {
  peer.kill('SIGKILL');
  await peer.ended;
}

describe.each(languages)('%s', (language) => {
  test('dies in the midst of it: the next one is told, and does it', async () => {
    const { file, once } = makeOnce();
    const victim = await start(language, file, 'stay');
    expect(await victim.line()).toBe('begun');
    const told: boolean[] = [];
    const waiting = once.run(({ ownerDied }) => told.push(ownerDied));
    await untilBlockedIn('futex_waitv', process.pid);
    await killed(victim);
    expect([await soon('the run', waiting), told, once.isDone]).toEqual([true, [true], true]);
    const next = await start(language, file, 'do');
    expect(await next.line()).toBe('done before');
    await next.success();
  });

  test('fails: the next one begins anew, and is told of a death until somebody succeeds', async () => {
    const { file, once, counters } = makeOnce();
    for (const died of [false, true]) {
      if (died) {
        const victim = await start(language, file, 'stay');
        expect(await victim.line()).toBe('begun');
        await killed(victim);
      }
      await (await start(language, file, 'fail')).success();
      expect(() =>
        once.runSync(({ ownerDied }) => {
          throw new Error(`told ${String(ownerDied)}`);
        }),
      ).toThrow(`told ${String(died)}`);
    }
    const last = await start(language, file, 'do');
    expect(await last.line()).toBe('done after a death');
    await last.success();
    expect([once.isDone, counters()]).toEqual([true, [1, 1]]);
  });
});

test('dies before it has begun: the next one is told', async () => {
  const { file, once } = makeOnce();
  const victim = await startC('once-peer', [file, 'taken']);
  expect((await victim.ended).signal).toBe('SIGKILL');
  const told: boolean[] = [];
  expect(
    await soon(
      'the run',
      once.run(({ ownerDied }) => told.push(ownerDied)),
    ),
  ).toBe(true);
  expect(told).toEqual([true]);
});

test.each(languages)(
  'dies right after it has done it: %s that waits does not',
  async (language) => {
    const { file, once, counters } = makeOnce();
    const victim = await startC('once-peer', [file, 'once_done']);
    expect(await victim.line()).toBe('begun');
    const waiter = await start(language, file, 'do');
    await untilBlockedIn(language === 'C' ? 'futex' : 'futex_waitv', waiter.pid);
    victim.tell('go');
    expect((await victim.ended).signal).toBe('SIGKILL');
    expect(await waiter.line()).toBe('done before');
    await waiter.success();
    expect([once.isDone, counters()]).toEqual([true, [1, 0]]);
  },
);

test('many come at once while some are killed: it is done once', async () => {
  const { file, once, counters } = makeOnce();
  const victim = await start('C', file, 'stay');
  expect(await victim.line()).toBe('begun');
  const heir = await start('Node', file, 'stay');
  await untilBlockedIn('futex_waitv', heir.pid);
  const peers: Peer[] = [];
  for (const form of ['promise', 'sync']) peers.push(await start('Node', file, 'do', form));
  for (let i = 0; i < 3; i++) peers.push(await start('C', file, 'do'));
  await killed(victim);
  await killed(heir); // it may be at it by now, or wait
  const lines = await Promise.all(peers.map((peer) => peer.line()));
  for (const peer of peers) await peer.success();
  expect(lines.sort()).toEqual(
    [...Array<string>(4).fill('done before'), 'done after a death'].sort(),
  );
  expect([once.isDone, counters()]).toEqual([true, [1, 1]]);
});
