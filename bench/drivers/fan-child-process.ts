/** Node's own: the publisher forks the receivers, and sends each of them each message. */

import { fork, type ChildProcess } from 'node:child_process';
import type { Driver } from '../core/driver';
import { Feed } from '../core/feed';
import { Outlet } from './child-process';
import { EVENTS } from './events';

/** A receiver, with the same driver, form and numbers; it prints beside this process. */
function start(): ChildProcess {
  const [driver = '', form = '', , ...params] = process.argv.slice(2);
  const child = fork(process.argv[1] ?? '', [driver, form, 'fan-out-receive', ...params], {
    serialization: 'advanced',
  });
  return child.on('exit', (code) => {
    if (code !== 0) process.exit(1);
  });
}

export const open: Driver['open'] = () => ({
  copies: true,
  fanOut: {
    [EVENTS]: (source, receivers) => {
      const outlets = Array.from({ length: receivers }, start).map(
        (child) => new Outlet((message, done) => child.send(message as Buffer, done)),
      );
      return async (count) => {
        for (let i = 0; i < count; i++) {
          const payload = source.next();
          for (const outlet of outlets) {
            const waiting = outlet.send(payload);
            if (waiting !== undefined) await waiting;
          }
        }
      };
    },
  },
  fanIn: {
    [EVENTS]: () => {
      const feed = new Feed();
      process.on('message', (message) => {
        feed.put(message as Uint8Array);
      });
      return feed.move;
    },
  },
  end: () => {
    // A receiver leaves when it has everything; the publisher lives as long as one of them.
    if (process.connected) process.disconnect();
  },
});
