/**
 * The npm package zeromq, version 6: a pair of sockets over ipc://.
 *
 * Who waits for room to send and for a message at the same time may wait for ever (seen with 6.5.0, in a fifth of the
 * runs on a busy machine: the send was still pending, and the socket said that it was writable). So one way the
 * sender listens when all is sent; with several in flight there is always room.
 */

import type { Driver, Forms } from '../core/driver';
import { loadRival } from '../core/rivals';
import { REQUEST } from '../core/slots';
import { boundTo, placeOf } from '../core/sockets';
import { EVENTS, events, Farewell, type Send } from './events';

/** Milliseconds at the end of a process until the goodbye must be gone: the last thing that is sent. */
const LINGER = 5000;

/** No message is empty. */
const GOODBYE = Buffer.alloc(0);

interface Pair extends AsyncIterable<[Buffer]> {
  bind(address: string): Promise<void>;
  connect(address: string): void;
  send(data: Buffer): Promise<void>;
  close(): void;
  linger: number;
}

interface ZeroMq {
  Pair: new () => Pair;
}

/** One at a time, as it demands; it still reads the memory when the promise has resolved. */
class Outlet {
  readonly #socket: Pair;
  #last: Promise<void> = Promise.resolve();
  #under = 0;

  constructor(socket: Pair) {
    this.#socket = socket;
  }

  readonly send = (data: Buffer): Promise<void> => {
    const copy = Buffer.from(data);
    const sent =
      this.#under++ === 0
        ? this.#socket.send(copy)
        : this.#last.then(() => this.#socket.send(copy));
    // Before whoever awaits it goes on: so a loop that awaits each has none to wait for, and no promises of its own.
    sent.then(this.#done, this.#done);
    return (this.#last = sent);
  };

  readonly #done = (): void => {
    this.#under--;
  };
}

function unexpected(): never {
  throw new Error('a message that nobody has sent');
}

function started(listening: Promise<void>): void {
  listening.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}

export const open: Driver['open'] = (address) => {
  const { Pair } = loadRival('zeromq') as ZeroMq;
  const socket = new Pair();
  socket.linger = LINGER;
  const name = `ipc://${boundTo(placeOf(address), REQUEST)}`;
  const [outlet, farewell] = [new Outlet(socket), new Farewell()];
  const send: Send = (data) => {
    farewell.sends();
    return outlet.send(data);
  };
  let listens = false;
  const listen = async (take: (data: Buffer, answer: Send) => void): Promise<void> => {
    listens = true;
    for await (const [data] of socket) {
      if (farewell.comes(data.length === 0)) take(data, send);
    }
  };
  const forms = events({
    listen: (take) => {
      started(socket.bind(name).then(() => listen(take)));
    },
    connect: (take) => {
      socket.connect(name);
      started(listen(take));
      return send;
    },
    end: async () => {
      if (!listens) started(listen(unexpected));
      await farewell.part(() => outlet.send(GOODBYE));
      socket.close();
    },
  });
  const sends: NonNullable<Forms['send']>[string] = (source) => {
    socket.connect(name);
    return async (count) => {
      for (let i = 0; i < count; i++) await send(source.next());
    };
  };
  return { ...forms, send: { [EVENTS]: sends } };
};
