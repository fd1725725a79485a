/**
 * The npm package koffi: the C library's own msgsnd and msgrcv, called from JavaScript. Each call that
 * has to wait blocks the thread.
 */

import type { Driver, Forms } from '../core/driver';
import { loadRival } from '../core/rivals';

type Call = (...args: unknown[]) => number;

interface Koffi {
  load: (library: string) => { func: (prototype: string) => Call };
}

interface Queue {
  send: (data: Buffer, type: number, flags: number) => void;
  receive: (type: number, flags: number) => Buffer;
}

const IPC_NOWAIT = 0o4000;
const TYPE_BYTES = 8;
const LONGEST = 8192;

function queueOf(id: number): Queue {
  const library = (loadRival('koffi') as Koffi).load('libc.so.6');
  const msgsnd = library.func('int msgsnd(int id, void *message, size_t size, int flags)');
  const msgrcv = library.func(
    'long msgrcv(int id, void *message, size_t size, long type, int flags)',
  );
  const message = Buffer.alloc(TYPE_BYTES + LONGEST);
  let view = message.subarray(TYPE_BYTES);
  return {
    send: (data, type, flags) => {
      message.writeInt32LE(type, 0);
      message.set(data, TYPE_BYTES);
      if (msgsnd(id, message, data.length, flags) !== 0) throw new Error('msgsnd failed');
    },
    receive: (type, flags) => {
      const length = msgrcv(id, message, LONGEST, type, flags);
      if (length < 0) throw new Error('msgrcv failed');
      if (view.length !== length) view = message.subarray(TYPE_BYTES, TYPE_BYTES + length);
      return view; // the next call overwrites it
    },
  };
}

export const open: Driver['open'] = (address) => {
  const queue = queueOf(parseInt(address, 10));
  return { ...pairs(queue), ...streams(queue), ...roundTrips(queue) };
};

function pairs({ send, receive }: Queue): Forms {
  return {
    pair: {
      'msgsnd + msgrcv': (source) => (count, take) => {
        for (let i = 0; i < count; i++) {
          send(source.next(), 1, IPC_NOWAIT);
          take(receive(0, IPC_NOWAIT));
        }
      },
    },
  };
}

function streams({ send, receive }: Queue): Forms {
  return {
    copies: true,
    send: {
      msgsnd: (source) => (count) => {
        for (let i = 0; i < count; i++) send(source.next(), 1, 0);
      },
    },
    receive: {
      msgrcv: () => (count, take) => {
        for (let i = 0; i < count; i++) take(receive(0, 0));
      },
    },
  };
}

function roundTrips({ send, receive }: Queue): Forms {
  return {
    call: {
      'msgsnd + msgrcv': () => ({
        blocking: true,
        call: (payload) => {
          send(payload, 1, 0);
          return receive(2, 0);
        },
      }),
    },
    serve: {
      'msgsnd + msgrcv': () => (count) => {
        for (let i = 0; i < count; i++) send(receive(1, 0), 2, 0);
      },
    },
  };
}
