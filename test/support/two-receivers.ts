import type { channel } from 'posix-ipc';

import { makeChannel } from './channels';

export const capacity = 1024;
/** Messages of 8 bytes that it holds. */
export const most = capacity / 16;

/** A channel with its sender, and both its receivers. */
export function twoReceivers(options?: channel.ChannelOptions): {
  one: channel.Channel;
  sender: channel.Sender;
  a: channel.Receiver;
  b: channel.Receiver;
} {
  const one = makeChannel({ capacity, receivers: 2, ...options });
  return { one, sender: one.sender(), a: one.receiver(), b: one.receiver() };
}
