/** posix-ipc: System V message queues. The address is the queue's identifier, a colon, its key. */

import { sysv } from 'posix-ipc';
import type { Driver, Forms } from '../core/driver';
import { queuePairs, queueStreams } from './queues';

const REQUEST = { type: 1 };
const REPLY = { type: 2 };

export const open: Driver['open'] = (address) => {
  const queue = sysv.MessageQueue.fromIdSync(parseInt(address, 10));
  return { ...queuePairs(queue), ...queueStreams(queue), ...roundTrips(queue), ...waits(queue) };
};

function roundTrips(queue: sysv.MessageQueue): Forms {
  return {
    call: {
      sync: () => ({
        blocking: true,
        call: (payload) => {
          queue.sendSync(payload, REQUEST);
          return queue.receiveSync(REPLY).data;
        },
      }),
      promise: () => ({
        blocking: false,
        call: async (payload) => {
          await queue.send(payload, REQUEST);
          return (await queue.receive(REPLY)).data;
        },
      }),
    },
    flight: {
      promise: () => ({
        send: (payload) =>
          queue.trySend(payload, REQUEST) ? undefined : queue.send(payload, REQUEST),
        move: async (count, take) => {
          for (let i = 0; i < count; i++) take((await queue.receive(REPLY)).data);
        },
      }),
    },
    serve: {
      sync: () => (count) => {
        for (let i = 0; i < count; i++) queue.sendSync(queue.receiveSync(REQUEST).data, REPLY);
      },
      promise: () => async (count) => {
        for (let i = 0; i < count; i++) {
          const { data } = await queue.receive(REQUEST);
          await queue.send(data, REPLY);
        }
      },
    },
  };
}

function waits(queue: sysv.MessageQueue): Forms {
  return {
    pending: {
      receive: () => ({
        receive: async (type) => (await queue.receive({ type })).data,
        send: (payload, type) => {
          if (!queue.trySend(payload, { type })) throw new Error('the queue is full');
        },
      }),
    },
  };
}
