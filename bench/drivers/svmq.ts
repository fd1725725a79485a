/**
 * The npm package svmq: everything is a callback, and each call holds one of libuv's threads.
 *
 * It does not keep alive what it sends: memory that is collected before a thread comes round to it
 * goes out as something else. The driver holds every payload until its callback.
 */

import type { Driver, Forms } from '../core/driver';
import { loadRival } from '../core/rivals';

type Fail = (error: Error) => void;

interface Queue {
  push(data: Buffer, options: { type: number }, done: (error: Error | null) => void): void;
  pop(options: { type: number }, done: (error: Error | null, data: Buffer) => void): void;
}

interface Svmq {
  open(key: number, permissions: number): Queue;
}

/** It writes permissions in hexadecimal. */
const PERMISSIONS = 0x600;

export const open: Driver['open'] = (address) => {
  const svmq = loadRival('svmq') as Svmq;
  const queue = svmq.open(Number(address.split(':')[1]), PERMISSIONS);
  return { ...pairs(queue), ...streams(queue), ...roundTrips(queue) };
};

const held = new Set<Buffer>();

function push(queue: Queue, data: Buffer, type: number, fail: Fail, next?: () => void): void {
  held.add(data);
  queue.push(data, { type }, (error) => {
    held.delete(data);
    if (error === null) next?.();
    else fail(error);
  });
}

function pop(queue: Queue, type: number, fail: Fail, next: (data: Buffer) => void): void {
  queue.pop({ type }, (error, data) => {
    if (error === null) next(data);
    else fail(error);
  });
}

/** Runs `step` so many times; each calls back when the next may begin. */
function repeat(count: number, step: (next: () => void, fail: Fail) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = count;
    const next = (): void => {
      if (left-- === 0) resolve();
      else step(next, reject);
    };
    next();
  });
}

function pairs(queue: Queue): Forms {
  return {
    pair: {
      'push + pop': (source) => (count, take) =>
        repeat(count, (next, fail) => {
          push(queue, source.next(), 1, fail);
          pop(queue, 0, fail, (data) => {
            take(data);
            next();
          });
        }),
    },
  };
}

/** One push at a time: those that are made together overtake each other. */
function streams(queue: Queue): Forms {
  return {
    send: {
      push: (source) => (count) =>
        repeat(count, (next, fail) => {
          push(queue, source.next(), 1, fail, next);
        }),
    },
    receive: {
      pop: () => (count, take) =>
        repeat(count, (next, fail) => {
          pop(queue, 0, fail, (data) => {
            take(data);
            next();
          });
        }),
    },
  };
}

function roundTrips(queue: Queue): Forms {
  return {
    call: {
      'push + pop': () => ({
        blocking: false,
        call: (payload) =>
          new Promise((resolve, reject) => {
            push(queue, payload, 1, reject);
            pop(queue, 2, reject, resolve);
          }),
      }),
    },
    serve: {
      'push + pop': () => (count) =>
        repeat(count, (next, fail) => {
          pop(queue, 1, fail, (data) => {
            push(queue, data, 2, fail, next);
          });
        }),
    },
  };
}
