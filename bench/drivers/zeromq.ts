/** The npm package zeromq, version 6: a pair of sockets over ipc://. */

import type { Driver } from '../core/driver';
import { loadRival } from '../core/rivals';
import { REQUEST } from '../core/slots';
import { boundTo, placeOf } from '../core/sockets';
import { events, Farewell, type Send } from './events';

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
  const listen = async (take: (data: Buffer, answer: Send) => void): Promise<void> => {
    for await (const [data] of socket) {
      if (farewell.comes(data.length === 0)) take(data, send);
    }
  };
  return events({
    listen: (take) => {
      started(socket.bind(name).then(() => listen(take)));
    },
    connect: (take) => {
      socket.connect(name);
      started(listen(take));
      return send;
    },
    end: async () => {
      await farewell.part(() => outlet.send(GOODBYE));
      socket.close();
    },
  });
};
