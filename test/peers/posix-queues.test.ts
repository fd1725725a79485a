/** POSIX queues between processes, of C and of Node, in both directions. */

import type { posix } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { fullPosixQueue, temporaryPosixQueue } from '../support/posix-queues';
import { startC, startNode, type Peer } from '../support/processes';
import { soon } from '../support/wait-until';

type Side = 'C' | 'promise' | 'sync' | 'batches';
type Queue = posix.MessageQueue;

function start(side: Side, ...words: string[]): Promise<Peer> {
  return side === 'C'
    ? startC('posix-queue-peer', words)
    : Promise.resolve(startNode('posix-queue-peer', [side, ...words]));
}

function queue(): Queue {
  return temporaryPosixQueue({ maxMessages: 8, messageSize: 64 });
}

/** How a receiver is found to wait. */
async function untilWaiting(side: Side, peer: Peer): Promise<void> {
  const calls = { C: 'mq_timedreceive', sync: 'ppoll' } as const;
  if (side === 'C' || side === 'sync') await untilBlockedIn(calls[side], peer.pid);
  else await untilBlockedIn('epoll', peer.pid);
}

function numbers(lines: readonly string[]): number[] {
  return lines.map((line) => Number(line.split(' ')[1]));
}

const sending: Side[] = ['C', 'promise', 'sync'];
const receiving: Side[] = ['C', 'promise', 'sync', 'batches'];
const pairs = sending
  .flatMap((from) => receiving.map((to): [Side, Side] => [from, to]))
  .filter(([from, to]) => from !== 'C' || to !== 'C');

test.each(pairs)('%s to %s: every message once, with its priority', async (from, to) => {
  const shared = queue();
  const count = 500;
  const receiver = await start(to, 'receive', shared.name);
  await untilWaiting(to, receiver);
  await (await start(from, 'send', shared.name, String(count))).success();
  await shared.send('end');
  const lines = (await receiver.success()).trim().split('\n').slice(0, -1);
  const all = Array.from({ length: count }, (_, i) => i);
  expect([...numbers(lines)].sort((a, b) => a - b)).toEqual(all);
  for (const priority of [0, 1, 2, 3]) {
    const those = lines.filter((line) => line.startsWith(`${String(priority)} `));
    expect(numbers(those)).toEqual(all.filter((number) => number % 4 === priority));
  }
});

test.each<Side>(['C', 'promise', 'sync'])('%s echoes', async (side) => {
  const [there, back] = [queue(), queue()];
  const peer = await start(side, 'echo', there.name, back.name, '200');
  for (let i = 0; i < 200; i++) {
    await there.send(String(i), { priority: i });
    const { priority, data } = await soon('the echo', back.receive());
    expect([priority, data.toString()]).toEqual([i, String(i)]);
  }
  await peer.success();
});

test('of several who wait, C and Node, each message goes to one', async () => {
  const shared = queue();
  const sides: Side[] = ['C', 'promise', 'sync', 'batches'];
  const peers = await Promise.all(sides.map((side) => start(side, 'receive', shared.name)));
  await Promise.all(peers.map((peer, i) => untilWaiting(sides[i] as Side, peer)));
  const count = 2000;
  await shared.sendMany(Array.from({ length: count }, (_, i) => String(i)));
  await shared.sendMany(sides.map(() => 'end'));
  const texts = await Promise.all(peers.map((peer) => peer.success()));
  const lists = texts.map((text) => numbers(text.trim().split('\n').slice(0, -1)));
  expect(lists.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
  for (const list of lists) expect(list).toEqual([...list].sort((a, b) => a - b));
  expect(shared.attributes.messages).toBe(0);
});

test.each<Side>(['C', 'promise', 'sync'])(
  'a %s receiver that is killed while it waits takes nothing',
  async (side) => {
    const shared = queue();
    const receiver = await start(side, 'receive', shared.name);
    await untilWaiting(side, receiver);
    receiver.kill('SIGKILL');
    await receiver.ended;
    await shared.send('still there');
    expect(shared.receiveSync({ timeout: 0 }).data.toString()).toBe('still there');
  },
);

test('a C sender that waits, and one of ours, both get in', async () => {
  const full = fullPosixQueue(2);
  const peer = await start('C', 'send', full.name, '1');
  await untilBlockedIn('mq_timedsend', peer.pid);
  const own = full.send('ours');
  const texts: string[] = [];
  for (let i = 0; i < 4; i++) texts.push((await soon('it', full.receive())).data.toString());
  await own;
  await peer.success();
  expect(texts.sort()).toEqual(['0', 'ours', 'x', 'x']);
});
