/**
 * Messages that go there and back, each to somebody who sleeps, or is just falling asleep. There is no
 * timeout: a promise whose wake-up is lost stops for ever. Who blocks a thread looks again after
 * 100 ms; how long the longest way took is told.
 *
 * POSIX_IPC_CAMPAIGN=500 makes it 20 million messages.
 */

import type { channel } from 'posix-ipc';

import { patience, report, scaled } from '../support/campaign';
import { makeChannel } from '../support/channels';
import { type Peer, startC, startNode } from '../support/processes';
import { soon } from '../support/wait-until';

const trips = scaled(2000);
const limit = patience(5);

type Form = 'sync' | 'promise' | 'C';

async function ready(starting: Peer | Promise<Peer>): Promise<Peer> {
  const peer = await starting;
  expect(await peer.line()).toBe('ready');
  return peer;
}

const echoes: [caller: Exclude<Form, 'C'>, echo: Form][] = [
  ['sync', 'sync'],
  ['sync', 'promise'],
  ['sync', 'C'],
  ['promise', 'promise'],
  ['promise', 'C'],
];

describe.each(['block', 'adaptive'] as const)('%s', (waiting: channel.Waiting) => {
  test.each(echoes)(
    'a caller by %s, an echo by %s: no wake-up is lost',
    async (caller, echo) => {
      const [there, back] = [0, 1].map(() => makeChannel({ capacity: 1024, waiting }));
      const [from, to] = [there?.name ?? '', back?.name ?? ''];
      const begin = performance.now();
      const peers = [
        await ready(
          echo === 'C'
            ? startC('channel-c-peer', [from, 'echo', String(trips), to, waiting])
            : startNode('campaigns/channel-pong', [from, to, 'echo', String(trips), echo, waiting]),
        ),
        await ready(
          startNode('campaigns/channel-pong', [to, from, 'call', String(trips), caller, waiting]),
        ),
      ];
      const ends = peers.map((peer) => soon('the end of the trips', peer.ended, limit));
      const [, called] = await Promise.all(ends);
      for (const end of await Promise.all(ends)) {
        expect(end).toMatchObject({ code: 0, stderr: '' });
      }
      expect(back?.statSync()).toMatchObject({ depth: 0, sent: trips, received: trips });
      const each = ((performance.now() - begin) * 1000) / trips;
      const longest = called?.stdout.trim().split('\n').at(-1) ?? '';
      report(
        `${waiting}, ${caller} to ${echo}: ${String(trips)} trips, ${each.toFixed(1)} us each, at most ${longest} ms`,
      );
    },
    limit,
  );
});
