/** posix-ipc: one channel, with several senders or several receivers. */

import { channel } from 'posix-ipc';
import { channelName } from '../core/channels';
import type { Driver } from '../core/driver';
import { REQUEST } from '../core/slots';

export const open: Driver['open'] = (address) => {
  const one = channel.Channel.openSync(channelName(address, REQUEST));
  let sender: channel.Sender | undefined;
  return {
    copies: true,
    sendTyped: {
      trySend: (source, type) => {
        sender ??= one.sender();
        const [end, options] = [sender, { type }];
        return (count) => {
          for (let i = 0; i < count; i++) {
            const payload = source.next();
            if (!end.trySend(payload, options)) end.sendSync(payload, options);
          }
        };
      },
    },
    receiveTyped: {
      cursor: async (take, more) => {
        const receiver = one.receiver();
        const each = (message: channel.Cursor): void => {
          if (take.at === undefined) take(message.view(), message.type);
          else take.at(message.ring, message.offset, message.length, message.type);
        };
        while (more()) {
          const first = await receiver.borrow();
          take(first.data, first.type);
          first.release();
          receiver.forEach(each);
        }
      },
    },
    end: () => {
      one.close();
    },
  };
};
