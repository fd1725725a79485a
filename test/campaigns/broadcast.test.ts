/**
 * A broadcast whose publisher waits for its subscribers. Publishers and subscribers are killed at random
 * instants; some are only stopped for a while, and some of those are killed then. Who lives gets each
 * message, once, in order and whole, and nobody who is dead holds the publisher up.
 *
 * POSIX_IPC_CAMPAIGN=500 makes it 10,000 kills.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import { memory, type channel } from 'posix-ipc';

import { makeBroadcast } from '../support/broadcasts';
import { patience, report, scaled } from '../support/campaign';
import { startC, startNode, type Peer } from '../support/processes';
import { waitUntil } from '../support/wait-until';
import { below, chance } from './chance';

const kills = scaled(20);
const capacity = 1 << 12;
/** Messages that the ring has room for, at most: they have 150 bytes on an average, and a header. */
const room = capacity / 16;

type Role = 'publisher' | 'subscriber';

/** Before anybody takes part: positions, in steps, begin at a multiple of the capacity; soon they have more than 32 bits. */
function beginAt({ name }: channel.Broadcast, position: number): void {
  using mapping = memory.mapSync(`/dev/shm${name}`, { access: 'write' });
  const [HEAD, OLDEST, WANTED] = [32, 48, 49];
  for (const at of [HEAD, OLDEST, WANTED]) mapping.view(BigInt64Array)[at] = BigInt(position);
}

/** One publisher waits for the role of the other; one subscriber more than there are slots. */
const places: readonly Role[] = [
  ...Array<Role>(2).fill('publisher'),
  ...Array<Role>(4).fill('subscriber'),
];

test(
  `${String(kills)} kills among publishers and subscribers: who lives loses nothing, and nobody is held up`,
  async () => {
    const one = makeBroadcast({ capacity, full: 'wait', subscribers: 3 });
    beginAt(one, 2 ** 32 - 2 ** 12);
    let failure: string | undefined;
    const start = async (role: Role): Promise<Peer> => {
      const args = [one.name, role];
      const peer = chance(0.5)
        ? await startC('broadcast-c-many', args)
        : startNode('campaigns/broadcast-many', args);
      expect(await peer.line()).toBe('ready');
      void peer.ended.then(({ signal, stderr }) => {
        if (signal === null || stderr !== '') failure ??= stderr;
      });
      return peer;
    };
    const peers = await Promise.all(places.map(start));
    const published = (): number => one.statSync().published;
    /**
     * Until more is published than there is room for: so nobody who is dead is waited for. Answers the longest
     * time in which there was nothing new.
     */
    const goesOn = async (): Promise<number> => {
      let [last, since, longest] = [published(), performance.now(), 0];
      const enough = last + room;
      await waitUntil('messages go on', () => {
        if (failure !== undefined) throw new Error(failure);
        const [count, now] = [published(), performance.now()];
        if (count === last) longest = Math.max(longest, now - since);
        else [last, since] = [count, now];
        return count > enough;
      });
      return longest;
    };
    /** Whether the publisher has to wait for one that is stopped. */
    const isHeldUp = async (): Promise<boolean> => {
      const before = published();
      await sleep(10);
      return published() === before;
    };
    await goesOn();
    let [longest, held] = [0, 0];
    for (let i = 0; i < kills; i++) {
      await sleep(below(10));
      const place = below(places.length);
      const victim = peers[place] as Peer;
      if (chance(0.3)) {
        victim.kill('SIGSTOP');
        await sleep(below(50));
        if (await isHeldUp()) held++;
        if (chance(0.5)) victim.kill('SIGCONT');
      }
      victim.kill('SIGKILL');
      expect(await victim.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
      longest = Math.max(longest, await goesOn());
      peers[place] = await start(places[place] as Role);
    }
    const total = published();
    for (const peer of peers) peer.kill('SIGKILL');
    for (const peer of peers) await peer.ended;
    report(
      `broadcast that waits: ${String(kills)} kills, ${String(total)} messages, ` +
        `${String(held)} times held up by one that was stopped, at most ${longest.toFixed()} ms without a message`,
    );
    expect(failure).toBeUndefined();
    expect(one.statSync()).toMatchObject({ subscribers: [], publisher: undefined });
    const [publisher, subscriber] = [one.publisher(), one.subscribe()];
    publisher.publishSync('as ever');
    expect(subscriber.receiveSync()).toMatchObject({ lost: 0 });
  },
  patience(20),
);
