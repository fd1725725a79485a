/**
 * Senders and receivers of one channel, which are killed at random instants, mostly those that have
 * the role now: who waits for it takes over. Each message tells its number by all its bytes, and each
 * receiver checks that it goes on where its predecessor was killed. Some are only stopped for a while.
 *
 * POSIX_IPC_CAMPAIGN=500 makes it 10,000 kills.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import type { channel } from 'posix-ipc';

import { patience, report, scaled } from '../support/campaign';
import { makeChannel } from '../support/channels';
import { beginAt } from '../support/come-round';
import { temporaryFile } from '../support/files';
import { startNode, type Peer } from '../support/processes';
import { headBytes, memoryOf } from '../support/unbounded';
import { waitUntil } from '../support/wait-until';
import { mapFile } from '../support/words';
import { below, oneOf } from './chance';
import { ChannelLedger, ledgerBytes } from './channel-ledger';

const kills = scaled(20);

const kinds: channel.ChannelOptions[] = [
  { capacity: 1 << 13 },
  { capacity: 'unbounded', limit: 1 << 16, segment: 4096 },
];

type Role = 'sender' | 'receiver';

/** Two for each role: one has it, one waits for it. */
const places: readonly Role[] = ['sender', 'sender', 'receiver', 'receiver'];

async function kill(peer: Peer): Promise<void> {
  peer.kill('SIGKILL');
  expect(await peer.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
}

test.each(kinds)(
  `${String(kills)} kills, %j: nothing is torn or out of order, and only what was promised is lost or doubled`,
  async (options) => {
    const one = makeChannel(options);
    beginAt(one, -(2 ** 20)); // it comes round meanwhile
    const file = temporaryFile(Buffer.alloc(ledgerBytes(kills + 10)));
    const mapping = mapFile(file);
    const ledger = new ChannelLedger(mapping);
    let failure: string | undefined;
    const start = async (role: Role): Promise<Peer> => {
      const peer = startNode('campaigns/channel-end', [one.name, file, role]);
      expect(await peer.line()).toBe('ready');
      void peer.ended.then(({ signal, stderr }) => {
        if (signal === null) failure ??= stderr;
      });
      return peer;
    };
    const peers = await Promise.all(places.map(start));
    const goesOn = async (): Promise<number> => {
      const [before, begin] = [ledger.total, performance.now()];
      await waitUntil('messages go on', () => {
        if (failure !== undefined) throw new Error(failure);
        return ledger.total > before + 20;
      });
      return performance.now() - begin;
    };
    await goesOn();
    let longest = 0;
    for (let i = 0; i < kills; i++) {
      await sleep(below(10));
      const holder = one.statSync()[oneOf(places)]?.pid;
      const holding = peers.findIndex(({ pid }) => pid === holder);
      const place = holding < 0 || below(10) === 0 ? below(places.length) : holding;
      const victim = peers[place] as Peer;
      if (below(4) === 0) {
        victim.kill('SIGSTOP');
        await sleep(below(30));
        victim.kill('SIGCONT');
        await goesOn();
      }
      await kill(victim);
      longest = Math.max(longest, await goesOn());
      peers[place] = await start(places[place] as Role);
    }
    const [first, second, ...receivers] = peers;
    await kill(first as Peer);
    await kill(second as Peer);
    await waitUntil('all is received', () => one.statSync().depth === 0);
    for (const peer of receivers) await kill(peer);
    report(
      `channel: ${String(kills)} kills, ${String(ledger.generation)} senders, ${String(ledger.total)} messages, ` +
        `${String(ledger.again)} of them again, ${String(ledger.lost)} in the hands of the killed, ` +
        `at most ${longest.toFixed()} ms without progress`,
    );
    const { sent, received, bytes } = one.statSync();
    expect(received).toBe(sent);
    expect(bytes).toBe(0);
    expect(sent).toBeGreaterThan(kills * 20);
    one.sender().close(); // gives back what the killed have left
    if (one.segment > 0) expect(memoryOf(one)).toBe(headBytes + 2 * one.segment);
    mapping.close();
  },
  patience(20),
);
