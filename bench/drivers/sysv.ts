/** posix-ipc: System V message queues. The address is the queue's identifier, a colon, its key. */

import { sysv } from 'posix-ipc';
import type { Driver, Forms } from '../core/driver';

/** Most messages of a batch. */
const BATCH = 64;

const REQUEST = { type: 1 };
const REPLY = { type: 2 };

export const open: Driver['open'] = (address) => {
  const queue = sysv.MessageQueue.fromIdSync(parseInt(address, 10));
  return { ...pairs(queue), ...streams(queue), ...roundTrips(queue), ...waits(queue) };
};

function missing(): never {
  throw new Error('a message that was sent is not there');
}

function pairs(queue: sysv.MessageQueue): Forms {
  const memory = Buffer.from(new ArrayBuffer(8192));
  return {
    pair: {
      'trySend + tryReceive': (source) => (count, take) => {
        for (let i = 0; i < count; i++) {
          queue.trySend(source.next());
          const message = queue.tryReceive() ?? missing();
          take(message.data);
        }
      },
      'trySend + tryReceiveInto': (source) => (count, take) => {
        let view = memory;
        for (let i = 0; i < count; i++) {
          queue.trySend(source.next());
          const { length } = queue.tryReceiveInto(memory) ?? missing();
          if (view.length !== length) view = memory.subarray(0, length);
          take(view);
        }
      },
      'sendManySync + drainSync': (source, batch) => (count, take) => {
        for (let left = count; left > 0; left -= batch) {
          queue.sendManySync(source.nextMany(Math.min(batch, left)));
          for (const { data } of queue.drainSync()) take(data);
        }
      },
    },
  };
}

function streams(queue: sysv.MessageQueue): Forms {
  return {
    send: {
      sendSync: (source) => (count) => {
        for (let i = 0; i < count; i++) queue.sendSync(source.next());
      },
      'await send': (source) => async (count) => {
        for (let i = 0; i < count; i++) await queue.send(source.next());
      },
      'await sendMany': (source, batch) => async (count) => {
        for (let left = count; left > 0; left -= batch) {
          await queue.sendMany(source.nextMany(Math.min(batch, left)));
        }
      },
    },
    receive: {
      'for await': () => async (count, take) => {
        let left = count;
        if (left === 0) return;
        for await (const { data } of queue) {
          take(data);
          if (--left === 0) break;
        }
      },
      'for await, batches': () => async (count, take) => {
        let left = count;
        if (left === 0) return;
        for await (const batch of queue.batches({ limit: Math.min(left, BATCH) })) {
          for (const { data } of batch) take(data);
          left -= batch.length;
          if (left < BATCH) break;
        }
        for (; left > 0; left--) take((await queue.receive()).data);
      },
      receiveSync: () => (count, take) => {
        for (let i = 0; i < count; i++) take(queue.receiveSync().data);
      },
    },
  };
}

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
