/** Node's own: a stream socket of net to each receiver, an inherited end of a pair. */

import { once } from 'node:events';
import { Socket } from 'node:net';
import { Cutter } from '../core/cutter';
import type { Driver } from '../core/driver';
import { Feed } from '../core/feed';
import { FIRST_INHERITED } from '../core/params';
import { placeOf } from '../core/sockets';
import { EVENTS } from './events';

export const open: Driver['open'] = (address) => {
  const { size } = placeOf(address);
  const sockets: Socket[] = [];
  const socketOf = (fd: number): Socket => {
    const socket = new Socket({ fd });
    sockets.push(socket);
    return socket;
  };
  return {
    fanOut: {
      [EVENTS]: (source, receivers) => {
        const all = Array.from({ length: receivers }, (_, i) => socketOf(FIRST_INHERITED + i));
        return async (count) => {
          for (let i = 0; i < count; i++) {
            const payload = source.next();
            for (const socket of all) {
              if (!socket.write(payload)) await once(socket, 'drain');
            }
          }
        };
      },
    },
    fanIn: {
      [EVENTS]: () => {
        const [cutter, feed] = [new Cutter(size), new Feed()];
        socketOf(FIRST_INHERITED).on('data', (chunk: Buffer) => {
          cutter.cut(chunk, feed.put);
        });
        return feed.move;
      },
    },
    end: () => Promise.all(sockets.map(ended)).then(() => undefined),
  };
};

function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.end(() => {
      socket.destroy();
      resolve();
    });
  });
}
