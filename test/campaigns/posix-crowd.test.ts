/**
 * A crowd at a POSIX queue: senders and receivers of C and of Node, which send and receive in every way
 * that there is, give up at random, and are killed. No message comes twice, none is lost but in the hands
 * of the dead, and who takes one after the other has those of a sender and a priority in order.
 *
 * 16 kills by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/posix-crowd for 320.
 * POSIX_IPC_CROWD_SEED=SEED for the same choices again.
 */

import path from 'node:path';

import type { posix } from 'posix-ipc';

import { patience, report, scaled } from '../support/campaign';
import { temporaryPosixQueue } from '../support/posix-queues';
import { runDirectory } from '../support/run-directory';
import { Crowd, handsOf, linesOf, type Language, type Member } from './crowd';
import { below } from './chance';
import { atOnce } from './crowd-hands';
import { Seeded } from './seeded';

const kills = scaled(16);
const members: [language: Language, role: string][] = [
  ['C', 'send'],
  ['Node', 'send'],
  ['Node', 'send'],
  ['C', 'receive'],
  ['C', 'receive'],
  ['Node', 'receive'],
  ['Node', 'receive'],
];

/** By sender: how often each of its messages was taken. */
function takenBy(receivers: readonly Member[]): Map<number, number[]> {
  const taken = new Map<number, number[]>();
  for (const receiver of receivers) {
    const last = new Map<string, number>();
    for (const line of linesOf(receiver)) {
      const [priority = '', sender = '', number = ''] = line.split(' ');
      const key = `${priority} of ${sender}`;
      const at = Number(number);
      if (at <= (last.get(key) ?? -1)) throw new Error(`${key}: ${number} is out of order`);
      last.set(key, at);
      const counts = taken.get(Number(sender)) ?? [];
      taken.set(Number(sender), counts);
      counts[at] = (counts[at] ?? 0) + 1;
    }
  }
  return taken;
}

/** Which messages of a sender were taken by nobody who lives, or had the time to say so. */
function lostOf(sender: Member, counts: readonly number[]): number[] {
  const sent = linesOf(sender).length;
  const inHands = sender.isKilled ? handsOf([sender]) : 0;
  expect(counts.length).toBeLessThanOrEqual(sent + inHands);
  expect(counts.filter((count) => count > 1)).toStrictEqual([]);
  return [...Array(sent).keys()].filter((number) => (counts[number] ?? 0) === 0);
}

async function finish(crowd: Crowd, queue: posix.MessageQueue): Promise<void> {
  for (const { peer, role } of crowd.alive) if (role === 'send') peer.tell('stop');
  await crowd.ended('send');
  await queue.send('stop'); // below all others
  await crowd.ended('receive');
  expect(queue.drainSync().map(({ data }) => data.toString())).toStrictEqual(['stop']);
}

test(
  `${String(kills)} of a crowd of C and Node are killed`,
  async () => {
    const seed = Number(process.env['POSIX_IPC_CROWD_SEED'] ?? below(2 ** 31));
    const queue = temporaryPosixQueue({ maxMessages: 6, messageSize: 32 });
    const prefix = path.join(runDirectory(), `posix-crowd-${String(process.pid)}`);
    const crowd = new Crowd('campaigns/queue-crowd', queue.name, prefix, new Seeded(seed));
    for (const [language, role] of members) await crowd.start(language, role);
    for (let killed = 0; killed < kills; killed++) await crowd.killOne();
    // What is sent from here on is lost to nobody.
    const marks = new Map(crowd.alive.map((one) => [one.id, linesOf(one).length + atOnce]));
    await crowd.quiet();
    await finish(crowd, queue);

    const taken = takenBy(crowd.all.filter(({ role }) => role === 'receive'));
    const senders = crowd.all.filter(({ role }) => role === 'send');
    let lost = 0;
    for (const one of senders) {
      const numbers = lostOf(one, taken.get(one.id) ?? []);
      lost += numbers.length;
      expect(numbers.filter((number) => number > (marks.get(one.id) ?? Infinity))).toStrictEqual(
        [],
      );
    }
    const sent = senders.reduce((sum, one) => sum + linesOf(one).length, 0);
    const hands = handsOf(crowd.killed.filter(({ role }) => role === 'receive'));
    report(
      `POSIX crowd, seed ${String(seed)}: ${String(kills)} killed; of ${String(sent)} messages none came ` +
        `twice, ${String(lost)} were lost in ${String(hands)} hands at most`,
    );
    expect(lost).toBeLessThanOrEqual(hands);
    expect(sent).toBeGreaterThan(kills * 20);
  },
  patience(5),
);
