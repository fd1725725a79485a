/**
 * A broadcast whose publisher waits for its subscribers. Publishers and subscribers are killed at random
 * instants; some are only stopped for a while, and some of those are killed then. Who lives gets each
 * message, once, in order and whole, and nobody who is dead holds the publisher up.
 *
 * POSIX_IPC_CAMPAIGN=500 makes it 10,000 kills.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import { makeBroadcast } from '../support/broadcasts';
import { patience, report, scaled } from '../support/campaign';
import { startNode, type Peer } from '../support/processes';
import { waitUntil } from '../support/wait-until';
import { below, chance } from './chance';

const kills = scaled(20);

type Role = 'publisher' | 'subscriber';

/** One publisher waits for the role of the other; one subscriber more than there are slots. */
const places: readonly Role[] = [
  ...Array<Role>(2).fill('publisher'),
  ...Array<Role>(4).fill('subscriber'),
];

test(
  `${String(kills)} kills among publishers and subscribers: who lives loses nothing, and nobody is held up`,
  async () => {
    const one = makeBroadcast({ capacity: 1 << 12, full: 'wait', subscribers: 3 });
    let failure: string | undefined;
    const start = async (role: Role): Promise<Peer> => {
      const peer = startNode('campaigns/broadcast-many', [one.name, role]);
      expect(await peer.line()).toBe('ready');
      void peer.ended.then(({ signal, stderr }) => {
        if (signal === null || stderr !== '') failure ??= stderr;
      });
      return peer;
    };
    const peers = await Promise.all(places.map(start));
    /** More than there is room for: all subscribers have received, and a publisher has gone on. */
    const goesOn = async (): Promise<number> => {
      const [before, begin] = [one.statSync().published, performance.now()];
      await waitUntil('messages go on', () => {
        if (failure !== undefined) throw new Error(failure);
        return one.statSync().published > before + 300;
      });
      return performance.now() - begin;
    };
    await goesOn();
    let [longest, held] = [0, 0];
    for (let i = 0; i < kills; i++) {
      await sleep(below(10));
      const place = below(places.length);
      const victim = peers[place] as Peer;
      if (chance(0.3)) {
        victim.kill('SIGSTOP');
        await sleep(below(30));
        if (one.statSync().publisherSleeps) held++;
        if (chance(0.5)) victim.kill('SIGCONT');
      }
      victim.kill('SIGKILL');
      expect(await victim.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
      longest = Math.max(longest, await goesOn());
      peers[place] = await start(places[place] as Role);
    }
    const { published } = one.statSync();
    for (const peer of peers) peer.kill('SIGKILL');
    for (const peer of peers) await peer.ended;
    report(
      `broadcast that waits: ${String(kills)} kills, ${String(published)} messages, ` +
        `${String(held)} times held up by one that was stopped, at most ${longest.toFixed()} ms for 300 messages`,
    );
    expect(failure).toBeUndefined();
    expect(one.statSync()).toMatchObject({ subscribers: [], publisher: undefined });
    const [publisher, subscriber] = [one.publisher(), one.subscribe()];
    publisher.publishSync('as ever');
    expect(subscriber.receiveSync()).toMatchObject({ lost: 0 });
  },
  patience(20),
);
