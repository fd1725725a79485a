/** POSIX semaphores between processes: C makes, Node opens, and the reverse; posted here, taken there. */

import { posix } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { type Peer, startC, startNode } from '../support/processes';
import { adoptSemaphore, modeOf, temporarySemaphore, unusedName } from '../support/semaphores';

type Language = 'Node' | 'C';

const pairs: [one: Language, other: Language][] = [
  ['C', 'Node'],
  ['Node', 'C'],
  ['Node', 'Node'],
];

const forms = ['promise', 'sync', 'try', 'guard', 'syscalls'];
const formsOf = (language: Language): string[] => (language === 'C' ? ['sync'] : forms);

async function start(language: Language): Promise<Peer> {
  return language === 'C' ? startC('semaphore-peer') : startNode('semaphore-peer');
}

function ask(peer: Peer, ...words: (string | number)[]): Promise<string> {
  peer.tell(words.join(' '));
  return peer.line();
}

async function startPair(one: Language, other: Language): Promise<[Peer, Peer]> {
  return Promise.all([start(one), start(other)]);
}

describe.each(pairs)('%s makes it, %s opens it', (maker, opener) => {
  test('the value is that which it was made with, and then common', async () => {
    const [one, other] = await startPair(maker, opener);
    const name = unusedName();
    expect(await ask(one, 'create', name, 5)).toBe('opened');
    expect(await ask(other, 'create', name, 5)).toBe('error EEXIST');
    expect(await ask(other, 'open', name)).toBe('opened');
    expect(modeOf(name)).toBe(0o600);
    for (const form of formsOf(opener)) {
      expect(await ask(other, 'wait', form, 3)).toBe('taken');
      expect([await ask(one, 'value'), await ask(other, 'value')]).toEqual(['2', '2']);
      expect(await ask(one, 'post', 3)).toBe('posted');
      expect([await ask(one, 'value'), await ask(other, 'value')]).toEqual(['5', '5']);
    }
    expect(await ask(other, 'unlink', name)).toBe('unlinked');
    expect(await ask(one, 'open', name)).toBe('error ENOENT');
    expect(await ask(one, 'value')).toBe('5');
  });

  test('who waits is woken by the other', async () => {
    const [one, other] = await startPair(maker, opener);
    const name = unusedName();
    await ask(one, 'create', name, 0);
    await ask(other, 'open', name);
    for (const form of formsOf(opener)) {
      expect(await ask(other, 'try', form)).toBe('none');
      other.tell(`wait ${form} 1`);
      if (form !== 'try') await untilBlockedIn('futex', other.pid);
      expect(await ask(one, 'post', 1)).toBe('posted');
      expect(await other.line()).toBe('taken');
      expect(await ask(one, 'value')).toBe('0');
    }
  });

  test('5,000 passed to and fro', async () => {
    const [one, other] = await startPair(maker, opener);
    const [to, fro] = [temporarySemaphore(), temporarySemaphore()];
    await ask(one, 'open', to.name);
    await ask(other, 'open', fro.name);
    for (const form of formsOf(opener).filter((each) => each !== 'try')) {
      const count = form === 'promise' || form === 'sync' ? 5000 : 500;
      one.tell(`pass sync ${String(count)} ${fro.name}`);
      other.tell(`pass ${form} ${String(count)} ${to.name}`);
      to.post();
      expect([await one.line(), await other.line()]).toEqual(['passed', 'passed']);
      expect([to.value, fro.value]).toEqual([1, 0]);
      to.waitSync();
    }
  });
});

test('a semaphore that sem_open() of the syscalls made is opened by C', async () => {
  const [one, other] = await startPair('Node', 'C');
  const name = unusedName();
  expect(await ask(one, 'create-by-call', name, 4)).toBe('opened');
  expect(await ask(other, 'open', name)).toBe('opened');
  expect(await ask(other, 'value')).toBe('4');
  expect(await ask(one, 'post', 1, 'syscalls')).toBe('posted');
  expect(await ask(other, 'value')).toBe('5');
});

test('what is posted once wakes one of several processes', async () => {
  const semaphore = temporarySemaphore();
  const peers = await Promise.all((['C', 'Node', 'Node'] as const).map(start));
  const formOfPeer = ['sync', 'promise', 'sync'];
  const taken: number[] = [0, 0, 0];
  for (const peer of peers) await ask(peer, 'open', semaphore.name);
  for (const [i, peer] of peers.entries()) peer.tell(`wait ${formOfPeer[i] ?? ''} 100`);
  const ends = peers.map(async (peer, i) => {
    await peer.line();
    taken[i] = 100;
  });
  for (let posted = 0; posted < 300; posted++) semaphore.post();
  await Promise.all(ends);
  expect([taken, semaphore.value]).toEqual([[100, 100, 100], 0]);
});

test('SIGKILL of a process that waits takes nothing', async () => {
  const semaphore = temporarySemaphore();
  for (const language of ['C', 'Node'] as const) {
    const peer = await start(language);
    await ask(peer, 'open', semaphore.name);
    peer.tell('wait promise 1');
    await untilBlockedIn('futex', peer.pid);
    peer.kill('SIGKILL');
    await peer.ended;
    semaphore.post();
    expect(adoptSemaphore(posix.Semaphore.openSync(semaphore.name)).value).toBe(1);
    semaphore.waitSync();
  }
});
