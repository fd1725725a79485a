/** What the drivers have in common that carry objects, and whose messages come by themselves. */

import type { Forms } from '../core/driver';
import { Feed } from '../core/feed';
import type { TakeThing, Thing } from '../core/things';
import { EVENTS } from './events';

export interface ObjectPeers {
  /** A promise where it has to wait for room. */
  send: (value: Thing) => Promise<unknown> | undefined;
  listen: (take: TakeThing) => void;
}

export function objects({
  send,
  listen,
}: ObjectPeers): Required<Pick<Forms, 'sendObjects' | 'receiveObjects'>> {
  return {
    sendObjects: {
      [EVENTS]: () => async (count, make) => {
        for (let i = 0; i < count; i++) {
          const waiting = send(make());
          if (waiting !== undefined) await waiting;
        }
      },
    },
    receiveObjects: {
      [EVENTS]: () => {
        const feed = new Feed<unknown>();
        listen(feed.put);
        return feed.move;
      },
    },
  };
}
