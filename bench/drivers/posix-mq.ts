/**
 * The npm package posix-mq: it never waits. Its events cannot be measured: after a message it watches
 * the queue no more (seen with 1.1.3: the receiver ends as if nothing were left to do).
 */

import type { Driver } from '../core/driver';
import { loadRival } from '../core/rivals';

interface Queue {
  open(options: { name: string }): void;
  push(data: Buffer): boolean;
  shift(memory: Buffer): number | false;
  close(): void;
}

const LONGEST = 8192;

export const open: Driver['open'] = (address) => {
  const PosixMQ = loadRival('posix-mq') as new () => Queue;
  const queue = new PosixMQ();
  queue.open({ name: address });
  const memory = Buffer.alloc(LONGEST);
  return {
    pair: {
      'push + shift': (source) => (count, take) => {
        let view = memory;
        for (let i = 0; i < count; i++) {
          queue.push(source.next());
          const length = queue.shift(memory);
          if (length === false) throw new Error('a message that was sent is not there');
          if (view.length !== length) view = memory.subarray(0, length);
          take(view);
        }
      },
    },
    end: () => {
      queue.close();
    },
  };
};
