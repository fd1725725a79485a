/** Events between processes, of Node and of C, that may die while they set them or wait. */

import { setTimeout } from 'node:timers/promises';

import { lock } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { temporaryFile } from '../support/files';
import { startC, startNode, type Peer } from '../support/processes';
import { soon } from '../support/wait-until';
import { mapFile } from '../support/words';

const languages = ['C', 'Node'] as const;

/** A file with two events that reset themselves, and one that does not. */
function makeEvents(): { file: string; first: lock.Event; second: lock.Event; gate: lock.Event } {
  const file = temporaryFile(Buffer.alloc(4096));
  using mapping = mapFile(file);
  const [first, second, gate] = [0, 64, 128].map((offset) =>
    lock.Event.at(mapping, offset, { create: true, autoReset: offset < 128 }),
  ) as [lock.Event, lock.Event, lock.Event];
  return { file, first, second, gate };
}

async function start(language: (typeof languages)[number], ...args: string[]): Promise<Peer> {
  const peer = language === 'C' ? await startC('event-peer', args) : startNode('event-peer', args);
  if (args[1] === 'wait' || args[1] === 'gate') {
    expect(await peer.line()).toBe('waits');
    await untilBlockedIn('futex', peer.pid);
  }
  return peer;
}

describe.each(languages)('%s', (language) => {
  test('waits for what is set here; one goes on for each set, or all', async () => {
    const { file, first, gate } = makeEvents();
    const one = await start(language, file, 'wait');
    const other = await start(language, file, 'wait');
    const all = [await start(language, file, 'gate'), await start(language, file, 'gate')];
    gate.set();
    await Promise.all(all.map((peer) => peer.success()));
    first.set();
    await soon('one', Promise.race([one.ended, other.ended]));
    expect(first.isSet).toBe(false);
    first.set();
    await Promise.all([one.success(), other.success()]);
    expect([first.isSet, gate.isSet]).toEqual([false, true]);
  });

  test('sets what is waited for here', async () => {
    const { file, first, gate } = makeEvents();
    const waiting = [first.wait(), gate.wait(), gate.wait()];
    await untilBlockedIn('futex', process.pid, undefined, 2);
    await (await start(language, file, 'set')).success();
    await soon('all', Promise.all(waiting));
    expect([first.isSet, gate.isSet]).toEqual([false, true]);
  });

  test('is killed while it waits: the next one gets the set', async () => {
    const { file, first } = makeEvents();
    const victim = await start(language, file, 'wait');
    const survivor = await start(language, file, 'wait');
    victim.kill('SIGKILL');
    first.set();
    await victim.ended;
    // It may have taken the set before the signal came; then it is gone with it.
    const ended = survivor.ended.then(() => true);
    const again = !(await Promise.race([ended, setTimeout(200, false)]));
    if (again) first.set();
    await survivor.success();
    // Or it was only slow to end, and the second set is nobody's.
    expect(again || !first.tryWait()).toBe(true);
  });

  test.each(['sync', 'promise', 'mixed'])('sets and waits to and fro, %s', async (form) => {
    const { file, first, second } = makeEvents();
    const count = 500;
    const peer = await start(language, file, 'echo', String(count), form);
    for (let left = count; left > 0; left--) {
      expect(second.isSet).toBe(false);
      first.set();
      if (left % 2 === 0) second.waitSync({ timeout: 60_000 });
      else await second.wait({ timeout: 60_000 });
    }
    await peer.success();
    expect([first.isSet, second.isSet]).toEqual([false, false]);
  });
});

test('killed again and again while they set and reset: who waits goes on', async () => {
  const { file, gate } = makeEvents();
  for (let i = 0; i < 20; i++) {
    const peer = await start(i % 10 === 0 ? 'Node' : 'C', file, 'storm');
    for (let waits = 0; waits < 20; waits++) {
      await soon('a wait', Promise.all([gate.wait(), gate.wait()]));
    }
    peer.kill('SIGKILL');
    await peer.ended;
    const [last, waiting] = [gate.isSet, gate.wait()];
    gate.set(); // a set that was begun is ended
    await soon('the last wait', waiting);
    expect(gate.reset()).toBe(true);
    expect([last, gate.isSet]).toEqual([expect.any(Boolean), false]);
  }
});
