/** Channels that are gone after the test. Importing this registers the clean-up. */

import { channel } from 'posix-ipc';

const made: channel.Channel[] = [];

afterEach(() => {
  for (const one of made) {
    one.close();
    one.unlinkSync();
  }
  made.length = 0;
});

export function makeChannel(options?: channel.ChannelOptions): channel.Channel {
  const one = channel.Channel.createSync(undefined, options);
  made.push(one);
  return one;
}

/** Both ends in this thread. */
export function makeEnds(options?: channel.ChannelOptions): {
  channel: channel.Channel;
  sender: channel.Sender;
  receiver: channel.Receiver;
} {
  const one = makeChannel(options);
  return { channel: one, sender: one.sender(), receiver: one.receiver() };
}
