/** posix-ipc: requests and replies by `channel.direct`, under a name. */

import { channel } from 'posix-ipc';
import { directName } from '../core/channels';
import type { Driver } from '../core/driver';
import { Feed } from '../core/feed';
import { serving } from './events';

/** Milliseconds until the other end must have left. */
const PATIENCE = 5000;

export const open: Driver['open'] = (address) => {
  const direct = channel.directSync(directName(address));
  let serves = false;
  return {
    call: {
      request: () => ({ blocking: false, call: (payload) => direct.request(payload) }),
    },
    flight: {
      request: () => {
        const feed = new Feed();
        const failed = (error: unknown): void => {
          console.error(error);
          process.exit(1);
        };
        return {
          send: (payload) => {
            direct.request(payload).then(feed.put, failed);
            return undefined;
          },
          move: feed.move,
        };
      },
    },
    serve: {
      request: () => {
        serves = true;
        return serving((take) => {
          direct.onRequest(({ data }) => {
            let reply = data;
            take(data, (answer) => {
              reply = answer;
              return undefined;
            });
            return reply;
          });
        });
      },
    },
    end: async () => {
      if (serves) await direct.ended({ timeout: PATIENCE }); // the last replies are on their way
      direct.close();
    },
  };
};
