/**
 * Several senders and several receivers of one channel, in Node and in C, which are killed at random instants; some are
 * only stopped for a while. Whatever of a message has come is whole; none comes twice; what is missing was
 * in the hands of receivers that were killed; and the others always go on.
 *
 * POSIX_IPC_CAMPAIGN=500 makes it 10,000 kills.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import type { channel } from 'posix-ipc';

import { patience, report, scaled } from '../support/campaign';
import { makeChannel } from '../support/channels';
import { beginAt } from '../support/come-round';
import { temporaryFile } from '../support/files';
import { startC, startNode, type Peer } from '../support/processes';
import { takenLedger, TakenLedger } from '../support/taken-ledger';
import { waitUntil } from '../support/wait-until';
import { mapFile } from '../support/words';
import { below, chance } from './chance';

const kills = scaled(20);
/** Of a batch. */
const mostHeld = 16;
const each = 20_000;

type Role = 'sender' | 'receiver';

/** One more of both than there are roles: it waits for one. */
const places: readonly Role[] = [
  ...Array<Role>(3).fill('sender'),
  ...Array<Role>(4).fill('receiver'),
];

async function kill(peer: Peer): Promise<void> {
  peer.kill('SIGKILL');
  await peer.ended;
}

test.each<channel.ChannelOptions>([
  { capacity: 1 << 13 },
  { capacity: 'unbounded', limit: 1 << 16, segment: 4096 },
  { capacity: 0, senders: 1 },
])(
  `${String(kills)} kills among several senders and receivers, %j`,
  async (options) => {
    const one = makeChannel({ senders: 2, receivers: 3, ...options });
    beginAt(one, -(2 ** 20)); // it comes round meanwhile
    const file = temporaryFile(takenLedger(kills + 100, each));
    const mapping = mapFile(file);
    const ledger = new TakenLedger(mapping);
    let failure: string | undefined;
    const start = async (role: Role): Promise<Peer> => {
      const args = [one.name, file, role];
      const peer = chance(0.5)
        ? await startC('channel-c-many', args)
        : startNode('campaigns/channel-many', args);
      expect(await peer.line()).toBe('ready');
      void peer.ended.then(({ stderr }) => {
        if (stderr !== '') failure ??= stderr;
      });
      return peer;
    };
    const peers = await Promise.all(places.map(start));
    const goesOn = async (): Promise<void> => {
      const before = ledger.total;
      await waitUntil('messages go on', () => {
        if (failure !== undefined) throw new Error(failure);
        return ledger.total > before + 20;
      });
    };
    await goesOn();
    let killed = 0;
    for (let i = 0; i < kills; i++) {
      await sleep(below(10));
      const place = below(places.length);
      const victim = peers[place] as Peer;
      if (below(4) === 0) {
        victim.kill('SIGSTOP');
        await sleep(below(30));
        victim.kill('SIGCONT');
        await goesOn();
      }
      await kill(victim);
      if (places[place] === 'receiver') killed++;
      await goesOn();
      peers[place] = await start(places[place] as Role);
    }
    for (const peer of peers.slice(0, 3)) await kill(peer);
    await waitUntil('all is received', () => one.statSync().bytes === 0);
    for (const peer of peers.slice(3)) await kill(peer);
    const { again, missing } = ledger.faults;
    const { total } = ledger;
    report(
      `channel of several receivers: ${String(kills)} kills, ${String(killed)} of receivers, ` +
        `${String(total)} messages, ${String(missing)} in the hands of the killed`,
    );
    expect(failure).toBeUndefined();
    expect(again).toBe(0);
    expect(missing).toBeLessThanOrEqual((killed + 3) * mostHeld);
    expect(total).toBeGreaterThan(kills * 20);
    mapping.close();
  },
  patience(30),
);
