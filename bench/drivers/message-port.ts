/**
 * Node's own: a MessagePort between two threads of one process. The program of the first role starts
 * the other one as a worker of worker_threads. A port has no back-pressure: the driver waits until so
 * many of its messages were taken.
 */

import path from 'node:path';
import {
  isMainThread,
  MessageChannel,
  Worker,
  workerData,
  type MessagePort,
} from 'node:worker_threads';
import type { Driver } from '../core/driver';
import { othersOf } from '../core/measure';
import { placeOf } from '../core/sockets';
import { events, type Send } from './events';
import { objects } from './objects';

const [FEW, MANY, BYTES] = [2, 256, 1 << 23];

/** Most messages on their way: an even number. */
function windowOf(size: number): number {
  return Math.min(Math.max(FEW, 2 * Math.floor(BYTES / size / 2)), MANY);
}

/** The other thread, with the same driver, form and numbers. */
function start(port: MessagePort): void {
  const [driver = '', form = '', role = '', ...params] = process.argv.slice(2);
  for (const other of othersOf(role)) {
    const argv = [driver, form, other, ...params];
    new Worker(path.join(__dirname, '../worker.js'), {
      argv,
      workerData: port,
      transferList: [port],
    }).on('exit', (code) => {
      if (code !== 0) process.exit(code);
    });
  }
}

function portOf(): MessagePort {
  if (!isMainThread) return workerData as MessagePort;
  const { port1, port2 } = new MessageChannel();
  start(port2);
  return port1;
}

/** A port, with room for so many messages. */
class Bounded {
  readonly port = portOf();
  readonly #half: number;
  #under = 0;
  #received = 0;
  #roomy: (() => void) | undefined;
  #take: (value: unknown) => void = () => {
    throw new Error('nobody listens');
  };

  constructor(most: number) {
    this.#half = most / 2;
    this.port.on('message', (value) => {
      this.#receive(value);
    });
  }

  send(value: unknown): Promise<void> | undefined {
    this.port.postMessage(value);
    if (++this.#under < 2 * this.#half) return undefined;
    return new Promise<void>((resolve) => (this.#roomy = resolve));
  }

  listen(take: (value: unknown) => void): void {
    this.#take = take;
  }

  /** What is no message says that half of the room is free again. */
  #receive(value: unknown): void {
    if (value === null) {
      this.#under -= this.#half;
      this.#roomy?.();
      return;
    }
    if (++this.#received % this.#half === 0) this.port.postMessage(null);
    this.#take(value);
  }
}

export const open: Driver['open'] = (address) => {
  const bounded = new Bounded(windowOf(placeOf(address).size));
  const send: Send = (data) => bounded.send(data);
  const listen = (take: (data: Buffer, answer: Send) => void): void => {
    bounded.listen((data) => {
      take(data as Buffer, send);
    });
  };
  return {
    copies: true,
    ...objects({
      send: (value) => bounded.send(value),
      listen: (take) => {
        bounded.listen(take);
      },
    }),
    ...events({
      listen,
      connect: (take) => {
        listen(take);
        return send;
      },
      end: () => {
        // The program lives until its worker has ended; that one is the last to need the port.
        if (isMainThread) bounded.port.unref();
        else bounded.port.close();
      },
    }),
  };
};
