/** Node's own: TCP through the loopback device. */

import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Cutter } from '../core/cutter';
import type { Driver } from '../core/driver';
import { boundTo, insist, placeOf } from '../core/sockets';
import { REQUEST } from '../core/slots';
import { events, taking, type Listener, type Send } from './events';

export const open: Driver['open'] = (address) => {
  const place = placeOf(address);
  const file = boundTo(place, REQUEST);
  let open: Socket | undefined;
  const adopt = (socket: Socket, take: Listener): Send => {
    open = socket.setNoDelay();
    const cutter = new Cutter(place.size);
    const send: Send = (data) => (socket.write(data) ? undefined : once(socket, 'drain'));
    const each = taking(take, send);
    socket.on('data', (chunk: Buffer) => {
      cutter.cut(chunk, each);
    });
    return send;
  };
  return events({
    listen: (take) => {
      const server = createServer((socket) => {
        server.close();
        adopt(socket, take);
      });
      server.listen(0, '127.0.0.1', () => {
        // The name appears when the number is in it.
        writeFileSync(`${file}~`, String((server.address() as AddressInfo).port));
        renameSync(`${file}~`, file);
      });
    },
    connect: async (take) => {
      const port = Number(insist(() => readFileSync(file, 'utf8')));
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return adopt(socket, take);
    },
    end: () =>
      new Promise((resolve) => {
        if (open === undefined) {
          resolve();
          return;
        }
        open.end(() => {
          open?.destroy();
          resolve();
        });
      }),
  });
};
