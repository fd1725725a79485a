/** What the drivers of System V and POSIX queues have in common: the interface is the same. */

import type { posix, sysv } from 'posix-ipc';
import type { Forms } from '../core/driver';

type Queue = sysv.MessageQueue | posix.MessageQueue;

/** Most messages of a batch. */
const BATCH = 64;

function missing(): never {
  throw new Error('a message that was sent is not there');
}

export function queuePairs(queue: Queue): Forms {
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

export function queueStreams(queue: Queue): Forms {
  return {
    copies: true,
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
