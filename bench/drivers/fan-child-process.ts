/** Node's own: the publisher forks the receivers, and sends each of them each message. */

import { fork, type ChildProcess } from 'node:child_process';
import type { Driver } from '../core/driver';
import { Feed } from '../core/feed';
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

/** Until it may have more. */
async function sent(child: ChildProcess, payload: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const roomy = child.send(payload, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
    if (roomy) resolve();
  });
}

export const open: Driver['open'] = () => ({
  fanOut: {
    [EVENTS]: (source, receivers) => {
      const children = Array.from({ length: receivers }, start);
      return async (count) => {
        for (let i = 0; i < count; i++) {
          const payload = source.next();
          for (const child of children) await sent(child, payload);
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
