/**
 * Node's own channel between a process and its child, over an inherited end of a pair: with
 * NODE_CHANNEL_FD in its environment, Node takes any process for a child that was forked.
 */

import type { Driver } from '../core/driver';
import { DESCRIPTORS } from '../core/sockets';
import { events, Farewell, type Send } from './events';
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

type Done = (error: Error | null) => void;

/** `process.send`, or that of a child: whether it may have more now. */
type Post = (message: unknown, done?: Done) => boolean;

/**
 * Sends anything that the serialization can carry. A call that has to say when its message is gone costs a third more:
 * only the one is asked that goes when there is no room.
 */
export class Outlet {
  #full = false;

  constructor(private readonly post: Post) {}

  send(message: unknown): Promise<void> | undefined {
    if (this.#full) return this.#sendAndWait(message);
    this.#full = !this.post(message);
    return undefined;
  }

  #sendAndWait(message: unknown): Promise<void> {
    this.#full = false;
    return new Promise((resolve, reject) => {
      this.post(message, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }
}

/** The ends are open elsewhere, too, so that nobody sees the other one leave: it says so. */
const GOODBYE = null;

/** This process's end. */
class End {
  readonly #outlet = new Outlet(
    (message, done) => process.send?.(message, undefined, undefined, done) ?? false,
  );
  readonly #farewell = new Farewell();
  #take: (message: unknown) => void = () => {
    throw new Error('nobody listens');
  };

  constructor() {
    process.on('message', (message) => {
      if (this.#farewell.comes(message === GOODBYE)) this.#take(message);
    });
  }

  send(message: unknown): Promise<void> | undefined {
    this.#farewell.sends();
    return this.#outlet.send(message);
  }

  receive(take: (message: unknown) => void): void {
    this.#take = take;
  }

  async leave(): Promise<void> {
    await this.#farewell.part(
      () => new Promise((resolve) => process.send?.(GOODBYE, undefined, undefined, resolve)),
    );
    process.disconnect();
  }
}

/** What Node sends for itself when a listener is added or goes is not seen here. */
export function channel(serialization: Serialization): ReturnType<Driver['open']> {
  const { encode, decode } = codecs[serialization];
  const own = new End();
  const send: Send = (data) => own.send(encode(data));
  const listen = (take: (data: Buffer, answer: Send) => void): void => {
    own.receive((message) => {
      take(decode(message), send);
    });
  };
  return {
    copies: true,
    ...objects({
      send: (value) => own.send(value),
      listen: (take) => {
        own.receive(take);
      },
    }),
    ...events({
      listen,
      connect: (take) => {
        listen(take);
        return send;
      },
      end: () => own.leave(),
    }),
  };
}
