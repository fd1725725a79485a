/** Node's own: streams of fs over a FIFO. The address is as that of pipes. */

import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { Cutter } from '../core/cutter';
import type { Driver } from '../core/driver';
import { Feed } from '../core/feed';

const BUFFER = 65_536;

export const open: Driver['open'] = (address) => {
  const colon = address.lastIndexOf(':');
  const [path, size] = [`${address.slice(0, colon)}.1`, Number(address.slice(colon + 1))];
  let written: WriteStream | undefined;
  return {
    end: async () => {
      if (written === undefined) return;
      // The reader reads ahead, on a thread that nothing ends, until its buffer is full.
      written.write(Buffer.alloc(2 * BUFFER));
      written.end();
      await once(written, 'close');
    },
    send: {
      write: (source) => {
        const stream = createWriteStream(path, { flags: 'r+', highWaterMark: BUFFER });
        written = stream;
        return async (count) => {
          for (let i = 0; i < count; i++) {
            if (!stream.write(source.next())) await once(stream, 'drain');
          }
        };
      },
    },
    receive: {
      'for await': () => {
        const cutter = new Cutter(size);
        const feed = new Feed();
        const stream = createReadStream(path, { flags: 'r+', highWaterMark: BUFFER });
        const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
        return async (count, take) => {
          const moved = feed.move(count, take);
          while (feed.isHungry()) {
            const next = await chunks.next();
            if (next.done === true) throw new Error('the end has come');
            cutter.cut(next.value, feed.put);
          }
          await moved;
        };
      },
    },
  };
};
