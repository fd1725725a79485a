/** What the drivers have in common whose messages come by themselves, as events. */

import type { Forms, Maybe } from '../core/driver';
import { Feed } from '../core/feed';
import type { Take } from '../core/payload';

/** Sends a message; a promise where it has to wait for room. */
export type Send = (data: Buffer) => Promise<unknown> | undefined;

/** Two programs that talk. */
export interface Peers {
  /** The one that is there first. */
  listen: (take: (data: Buffer, answer: Send) => void) => void;
  connect: (take: Take) => Send | Promise<Send>;
  end: () => Maybe<void>;
}

/** Under one name, whatever the library calls them. */
export const EVENTS = 'events';

export function events({ listen, connect, end }: Peers): Forms {
  const feed = new Feed();
  return {
    send: {
      [EVENTS]: (source) => async (count) => {
        const send = await connect(feed.put);
        for (let i = 0; i < count; i++) {
          const waiting = send(source.next());
          if (waiting !== undefined) await waiting;
        }
      },
    },
    receive: {
      [EVENTS]: () => {
        listen(feed.put);
        return feed.move;
      },
    },
    call: {
      [EVENTS]: () => {
        const connecting = connect(feed.put);
        let send: Send | undefined;
        return {
          blocking: false,
          call: async (payload) => {
            send ??= await connecting;
            await send(payload);
            return feed.next();
          },
        };
      },
    },
    serve: {
      [EVENTS]: () => (count) =>
        new Promise((resolve, reject) => {
          let left = count;
          listen((data, answer) => {
            answer(data)?.catch(reject);
            if (--left === 0) resolve();
          });
        }),
    },
    end,
  };
}
