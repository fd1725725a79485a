/** A barrier between processes of Node and of C, that may die while they wait. */

import { makeBarrier } from '../support/barriers';
import { untilBlockedIn } from '../support/blocked';
import { compileC } from '../support/compile';
import { codeOfRejection } from '../support/outcome';
import { forbidding, startC, startNode, type Peer } from '../support/processes';
import { soon } from '../support/wait-until';

const languages = ['C', 'Node'] as const;
type Language = (typeof languages)[number];

async function start(language: Language, ...args: string[]): Promise<Peer> {
  const peer =
    language === 'C' ? await startC('barrier-peer', args) : startNode('barrier-peer', args);
  if (args[1] === 'wait') {
    expect(await peer.line()).toBe('waits');
    await untilBlockedIn('futex_waitv', peer.pid);
  }
  return peer;
}

async function killed(peer: Peer): Promise<void> {
  peer.kill('SIGKILL');
  await peer.ended;
}

describe.each(languages)('%s', (language) => {
  test('dies while it waits: all others are told, and who comes later, until a reset', async () => {
    const { file, barrier } = makeBarrier(4);
    const victim = await start(language, file, 'wait');
    const others = [await start('C', file, 'wait'), await start('Node', file, 'wait')];
    expect(barrier.waiting).toBe(3);
    await killed(victim);
    expect(await Promise.all(others.map((peer) => peer.line()))).toEqual([
      'Owner died',
      'EOWNERDEAD',
    ]);
    for (const peer of others) await peer.success();
    expect(await codeOfRejection(barrier.wait())).toBe('EOWNERDEAD');
    expect(barrier.isBroken).toBe(true);
    await (await start(language, file, 'reset')).success();
    const again = await Promise.all(
      languages.map((one) => start(one, file, 'wait')).concat(start('C', file, 'wait')),
    );
    expect([barrier.isBroken, barrier.waitSync()]).toEqual([false, true]);
    for (const peer of again) expect(await peer.line()).toBe('passed');
    for (const peer of again) await peer.success();
  });

  test('dies alone: the next one is told', async () => {
    const { file, barrier } = makeBarrier(2);
    await killed(await start(language, file, 'wait'));
    expect(() => barrier.tryWait()).toThrow(/^EOWNERDEAD/);
    expect(barrier.reset()).toBe(true);
  });

  test('comes last, and all go on', async () => {
    const { file, barrier } = makeBarrier(2);
    const waiting = barrier.wait();
    await untilBlockedIn('futex_waitv', process.pid);
    const peer = await start(language, file, 'last');
    await soon('the wait', waiting);
    expect(await peer.line()).toBe('waits');
    expect(await peer.line()).toBe('passed last');
    await peer.success();
  });
});

test('of three, dies before it has come: it is as if it had not', async () => {
  const { file, barrier } = makeBarrier(3);
  const waits = [barrier.wait()];
  await untilBlockedIn('futex_waitv', process.pid);
  expect((await (await startC('barrier-peer', [file, 'barrier_claimed'])).ended).signal).toBe(
    'SIGKILL',
  );
  waits.push(barrier.wait());
  await untilBlockedIn('futex_waitv', process.pid, undefined, 2);
  expect([barrier.waiting, barrier.tryWait()]).toEqual([2, true]);
  expect(await soon('both', Promise.all(waits))).toEqual([false, false]);
});

test.each(['barrier_joining', 'barrier_joined', 'barrier_sleeping'])(
  'of three, dies right after the step "%s": the other is told',
  async (step) => {
    const { file, barrier } = makeBarrier(3);
    const waiting = codeOfRejection(barrier.wait());
    await untilBlockedIn('futex_waitv', process.pid);
    expect((await (await startC('barrier-peer', [file, step])).ended).signal).toBe('SIGKILL');
    expect(await soon('the wait', waiting)).toBe('EOWNERDEAD');
  },
);

// Who has let all go on has done so, though it dies before it wakes them.
test.each(['barrier_passed', 'barrier_rung'])(
  'of three, the last one dies right after the step "%s": all the same, the others go on',
  async (step) => {
    const { file, barrier } = makeBarrier(3);
    const waits = [barrier.wait(), barrier.wait()];
    await untilBlockedIn('futex_waitv', process.pid, undefined, 2);
    expect((await (await startC('barrier-peer', [file, step])).ended).signal).toBe('SIGKILL');
    expect(await soon('both', Promise.all(waits))).toEqual([false, false]);
    expect([barrier.isBroken, barrier.waiting]).toEqual([false, 0]);
  },
);

test('nobody goes on before all have come, round after round', async () => {
  const { file, barrier } = makeBarrier(4);
  const rounds = '300';
  const peers = await Promise.all([
    start('C', file, 'rounds', rounds),
    ...['promise', 'sync', 'mixed'].map((form) => start('Node', file, 'rounds', rounds, form)),
  ]);
  for (const peer of peers) await peer.success();
  expect([barrier.waiting, barrier.isBroken]).toEqual([0, false]);
});

test('where the kernel cannot wait for several words, a death is told all the same', async () => {
  const { file, barrier } = makeBarrier(3);
  const env = { ...process.env, POSIX_IPC_FUTEX_WAITV: '0' };
  const old = startNode('barrier-peer', [file, 'wait'], { env });
  expect(await old.line()).toBe('waits');
  await untilBlockedIn('futex', old.pid);
  const victim = await start('C', file, 'wait');
  expect(barrier.waiting).toBe(2);
  await killed(victim);
  expect(await old.line()).toBe('EOWNERDEAD');
  await old.success();
});

test.each(['EPERM', 'ENOSYS'] as const)(
  'C is told ENOSYS where a filter of system calls answers %s to futex_waitv',
  async (code) => {
    const { file, barrier } = makeBarrier(2);
    const peer = await forbidding('futex_waitv', code, await compileC('barrier-peer'), [
      file,
      'last',
    ]);
    expect([await peer.line(), await peer.line()]).toEqual(['waits', 'Function not implemented']);
    await peer.success();
    expect([barrier.waiting, barrier.isBroken]).toEqual([0, false]);
  },
);
