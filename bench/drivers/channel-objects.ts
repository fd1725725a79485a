/** posix-ipc: objects through a channel; the form is its codec. */

import { channel } from 'posix-ipc';
import { channelName } from '../core/channels';
import type { Driver, MovesObjects, SendsObjects } from '../core/driver';
import { REQUEST } from '../core/slots';

const codecs: readonly channel.CodecName[] = ['v8', 'json', 'packed'];

export const open: Driver['open'] = (address) => {
  const opened: channel.Channel[] = [];
  const of = (codec: channel.CodecName): channel.Channel => {
    const one = channel.Channel.openSync(channelName(address, REQUEST), { codec });
    opened.push(one);
    return one;
  };
  return {
    sendObjects: Object.fromEntries(codecs.map((codec) => [codec, () => sends(of(codec))])),
    receiveObjects: Object.fromEntries(codecs.map((codec) => [codec, () => moves(of(codec))])),
    end: () => {
      for (const one of opened) one.close();
    },
  };
};

function sends(one: channel.Channel): SendsObjects {
  const sender = one.sender();
  return async (count, make) => {
    for (let i = 0; i < count; i++) {
      const value = make();
      if (!sender.trySendValue(value)) await sender.sendValue(value);
    }
  };
}

function moves(one: channel.Channel): MovesObjects {
  const receiver = one.receiver();
  return async (count, take) => {
    for (let i = 0; i < count; i++) {
      take((receiver.tryReceiveValue() ?? (await receiver.receiveValue())).value);
    }
  };
}
