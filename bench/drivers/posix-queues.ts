/** posix-ipc: POSIX message queues. The address is the name of one; that of the other ends with "-reply". */

import { posix } from 'posix-ipc';
import type { Driver, Forms } from '../core/driver';
import { queuePairs, queueStreams } from './queues';

export const open: Driver['open'] = (address) => {
  const queue = posix.MessageQueue.openSync(address);
  const replies = posix.MessageQueue.openSync(`${address}-reply`);
  return { ...queuePairs(queue), ...queueStreams(queue), ...roundTrips(queue, replies) };
};

function roundTrips(queue: posix.MessageQueue, replies: posix.MessageQueue): Forms {
  return {
    call: {
      sync: () => ({
        blocking: true,
        call: (payload) => {
          queue.sendSync(payload);
          return replies.receiveSync().data;
        },
      }),
      promise: () => ({
        blocking: false,
        call: async (payload) => {
          await queue.send(payload);
          return (await replies.receive()).data;
        },
      }),
    },
    flight: {
      promise: () => ({
        send: (payload) => (queue.trySend(payload) ? undefined : queue.send(payload)),
        move: async (count, take) => {
          for (let i = 0; i < count; i++) take((await replies.receive()).data);
        },
      }),
    },
    serve: {
      sync: () => (count) => {
        for (let i = 0; i < count; i++) replies.sendSync(queue.receiveSync().data);
      },
      promise: () => async (count) => {
        for (let i = 0; i < count; i++) await replies.send((await queue.receive()).data);
      },
    },
  };
}
