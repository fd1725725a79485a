/** posix-ipc: a broadcast, long enough for the whole run, so that nothing is lost. */

import { channel } from 'posix-ipc';
import { channelName } from '../core/channels';
import type { Driver } from '../core/driver';
import { REQUEST } from '../core/slots';
import { EVENTS } from './events';

export const open: Driver['open'] = (address) => {
  const broadcast = channel.Broadcast.openSync(channelName(address, REQUEST));
  return {
    copies: true,
    fanOut: {
      [EVENTS]: (source) => {
        const publisher = broadcast.publisher();
        return (count) => {
          for (let i = 0; i < count; i++) publisher.publishSync(source.next());
        };
      },
    },
    fanIn: {
      [EVENTS]: () => {
        const subscriber = broadcast.subscribe({ from: 'oldest' });
        return async (count, take) => {
          const each: Parameters<channel.Subscriber['forEach']>[0] = (message) => {
            if (take.at === undefined) take(message.view());
            else take.at(message.memory, message.offset, message.length);
          };
          for (let left = count; left > 0;) {
            take((await subscriber.receive()).data);
            left--;
            if (left > 0) left -= subscriber.forEach(each, { limit: left });
          }
        };
      },
    },
    end: () => {
      broadcast.close();
    },
  };
};
