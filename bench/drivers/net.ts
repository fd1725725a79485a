/** Node's own: a stream socket of net over an inherited end of a pair. */

import { once } from 'node:events';
import { Socket } from 'node:net';
import { Cutter } from '../core/cutter';
import type { Driver, Forms } from '../core/driver';
import { DESCRIPTORS, placeOf } from '../core/sockets';
import { events, type Send } from './events';

export const open: Driver['open'] = (address) => {
  const { size } = placeOf(address);
  const socket = new Socket({ fd: DESCRIPTORS.stream });
  const cutter = new Cutter(size);
  const listen = (take: (data: Buffer, answer: Send) => void): void => {
    socket.on('data', (chunk: Buffer) => {
      cutter.cut(chunk, (data) => {
        take(data as Buffer, send);
      });
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
      const payloads = source.nextMany(Math.min(batch, left));
      for (const [i, payload] of payloads.entries()) memory.set(payload, i * size);
      const chunk = memory.subarray(0, payloads.length * size);
      await new Promise((resolve) => socket.write(chunk, resolve));
    }
  };
}
