/** A condition between processes of Node and of C, that may die while they wait or notify. */

import { untilBlockedIn } from '../support/blocked';
import { startC, startNode, type Peer } from '../support/processes';
import { makeStore } from '../support/mutexes';

const languages = ['C', 'Node'] as const;
type Language = (typeof languages)[number];

function start(language: Language, ...args: string[]): Promise<Peer> {
  return language === 'C'
    ? startC('condition-peer', args)
    : Promise.resolve(startNode('condition-peer', args));
}

async function waiter(language: Language, file: string): Promise<Peer> {
  const peer = await start(language, file, 'wait');
  await untilBlockedIn('futex', peer.pid);
  return peer;
}

describe.each(languages)('%s', (language) => {
  test('a notification reaches one who lives, whoever of those who wait has died', async () => {
    const { file, store } = makeStore();
    const victims = [await waiter(language, file), await waiter('C', file)];
    const survivor = await waiter('Node', file);
    for (const victim of victims) {
      victim.kill('SIGKILL');
      await victim.ended;
    }
    await (await start(language, file, 'put')).success();
    expect(await survivor.line()).toBe('Success');
    await survivor.success();
    expect(store.counts).toEqual([0, 1, 1]);
  });

  test('is told of the death of the one that had notified it', async () => {
    const { file, store } = makeStore();
    const peer = await waiter(language, file);
    expect((await (await startC('condition-peer', [file, 'die'])).ended).signal).toBe('SIGKILL');
    expect(await peer.line()).toBe('Owner died');
    await peer.success();
    expect(store.counts).toEqual([0, 1, 1]);
  });
});

test.each(['condition_counted', 'condition_drawn', 'condition_sleeping'])(
  'one who waits dies right after the step "%s": the next one misses nothing',
  async (step) => {
    const { file, store } = makeStore();
    expect((await (await startC('condition-peer', [file, step])).ended).signal).toBe('SIGKILL');
    const taking = store.take();
    await untilBlockedIn('futex', process.pid);
    await (await startC('condition-peer', [file, 'put'])).success();
    await taking;
    await (await startC('condition-peer', [file, 'try'])).success();
  },
);

test('many put and take, in both languages and all forms', async () => {
  const { file, store } = makeStore();
  const count = '2000';
  const peers = await Promise.all([
    start('C', file, 'put', count),
    start('C', file, 'take', count),
    ...['promise', 'sync', 'mixed'].flatMap((form) => [
      start('Node', file, 'put', count, form),
      start('Node', file, 'take', count, form),
    ]),
  ]);
  for (const peer of peers) await peer.success();
  expect(store.counts).toEqual([0, 8000, 8000]);
});
