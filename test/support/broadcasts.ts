/** Broadcasts that are gone after the test. Importing this registers the clean-up. */

import { randomBytes } from 'node:crypto';

import { channel } from 'posix-ipc';

const made: channel.Broadcast[] = [];

afterEach(() => {
  for (const one of made) {
    one.close();
    one.unlinkSync();
  }
  made.length = 0;
});

/** Of a broadcast that somebody else makes, and removes. */
export function broadcastName(): string {
  return `/posix-ipc-test-broadcast-${randomBytes(8).toString('hex')}`;
}

export function makeBroadcast(options?: channel.BroadcastOptions): channel.Broadcast {
  const one = channel.Broadcast.createSync(undefined, options);
  made.push(one);
  return one;
}

/** All in this thread. */
export function makeEnds(options?: channel.BroadcastOptions): {
  broadcast: channel.Broadcast;
  publisher: channel.Publisher;
  subscriber: channel.Subscriber;
} {
  const one = makeBroadcast(options);
  return { broadcast: one, publisher: one.publisher(), subscriber: one.subscribe() };
}
