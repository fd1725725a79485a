/**
 * Node's own channel between a process and its child, over an inherited end of a pair: with
 * NODE_CHANNEL_FD in its environment, Node takes any process for a child that was forked.
 */

import type { Driver } from '../core/driver';
import { DESCRIPTORS } from '../core/sockets';
import { events, type Send } from './events';
import { objects } from './objects';

export type Serialization = 'json' | 'advanced';

export type Env = Readonly<Record<string, string>>;

/** What Node has to be told before it starts. */
export function channelOf(serialization: Serialization): Env {
  return {
    NODE_CHANNEL_FD: String(DESCRIPTORS.stream),
    NODE_CHANNEL_SERIALIZATION_MODE: serialization,
  };
}

interface Codec {
  encode: (data: Buffer) => unknown;
  decode: (message: unknown) => Buffer;
}

/** JSON has no bytes: base64 is the shortest text that users write of them. The other one makes Buffers itself. */
export const codecs: Record<Serialization, Codec> = {
  json: {
    encode: (data) => data.toString('base64'),
    decode: (message) => Buffer.from(message as string, 'base64'),
  },
  advanced: {
    encode: (data) => data,
    decode: (message) => message as Buffer,
  },
};

/** Sends anything that the serialization can carry; `sent` is when the last of it is gone. */
class Outlet {
  sent: Promise<void> = Promise.resolve();

  send(message: unknown): Promise<void> | undefined {
    const seen: { roomy: boolean } = { roomy: true };
    this.sent = new Promise((resolve, reject) => {
      const done = (error: Error | null): void => {
        if (error === null) resolve();
        else reject(error);
      };
      seen.roomy = process.send?.(message, undefined, undefined, done) ?? false;
    });
    return seen.roomy ? undefined : this.sent;
  }
}

/** What Node sends for itself when a listener is added or goes is not seen here. */
export function channel(serialization: Serialization): ReturnType<Driver['open']> {
  const { encode, decode } = codecs[serialization];
  const outlet = new Outlet();
  const send: Send = (data) => outlet.send(encode(data));
  const listen = (take: (data: Buffer, answer: Send) => void): void => {
    process.on('message', (message) => {
      take(decode(message), send);
    });
  };
  return {
    copies: true,
    ...objects({
      send: (value) => outlet.send(value),
      listen: (take) => process.on('message', take),
    }),
    ...events({
      listen,
      connect: (take) => {
        listen(take);
        return send;
      },
      end: async () => {
        await outlet.sent;
        process.disconnect();
      },
    }),
  };
}
