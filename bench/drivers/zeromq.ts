/** The npm package zeromq, version 6: a pair of sockets over ipc://. */

import { setTimeout } from 'node:timers/promises';
import type { Driver } from '../core/driver';
import { loadRival } from '../core/rivals';
import { REQUEST } from '../core/slots';
import { boundTo, placeOf } from '../core/sockets';
import { events, type Send } from './events';

/** Milliseconds before a socket is closed: without them a receiver once waited for ever, on a busy machine. */
const PAUSE = 500;

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

export const open: Driver['open'] = (address) => {
  const { Pair } = loadRival('zeromq') as ZeroMq;
  const socket = new Pair();
  socket.linger = -1; // what is under way when it is closed is still sent
  const name = `ipc://${boundTo(placeOf(address), REQUEST)}`;
  let sent: Promise<unknown> = Promise.resolve();
  let under = 0;
  /** One at a time, as it demands; it still reads the memory when the promise has resolved. */
  const send: Send = (data) => {
    const copy = Buffer.from(data);
    const sending = under++ === 0 ? socket.send(copy) : sent.then(() => socket.send(copy));
    sent = sending.finally(() => under--);
    return sent;
  };
  const listen = async (take: (data: Buffer, answer: Send) => void): Promise<void> => {
    for await (const [data] of socket) take(data, send);
  };
  const started = (listening: Promise<void>): void => {
    listening.catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
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
      await sent;
      await setTimeout(PAUSE);
      socket.close();
    },
  });
};
