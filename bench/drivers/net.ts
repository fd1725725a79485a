/** Node's own: a stream socket of net over an inherited end of a pair. */

import { once } from 'node:events';
import { Socket } from 'node:net';
import { Cutter } from '../core/cutter';
import type { Driver, Forms } from '../core/driver';
import { joined } from '../core/payload';
import { DESCRIPTORS, placeOf } from '../core/sockets';
import { events, taking, type Listener, type Send } from './events';

export const open: Driver['open'] = (address) => {
  const { size } = placeOf(address);
  const socket = new Socket({ fd: DESCRIPTORS.stream });
  const cutter = new Cutter(size);
  const listen = (take: Listener): void => {
    const each = taking(take, (data) => send(data));
    socket.on('data', (chunk: Buffer) => {
      cutter.cut(chunk, each);
    });
  };
  /** What it has not sent yet it still reads: so there are as many payloads as that can be. */
  const send: Send = (data) => (socket.write(data) ? undefined : once(socket, 'drain'));
  const forms = events({
    listen,
    connect: (take) => {
      listen(take);
      return send;
    },
    // What is written may not be sent yet.
    end: () =>
      new Promise((resolve) => {
        socket.end(() => {
          socket.destroy();
          resolve();
        });
      }),
  });
  return { ...forms, send: { ...forms.send, batches: batches(socket, size) } };
};

/** Many messages in one chunk. */
function batches(socket: Socket, size: number): NonNullable<Forms['send']>[string] {
  return (source, batch) => async (count) => {
    const memory = Buffer.alloc(batch * size);
    for (let left = count; left > 0; left -= batch) {
      const chunk = joined(source, memory, size, Math.min(batch, left));
      await new Promise((resolve) => socket.write(chunk, resolve));
    }
  };
}
