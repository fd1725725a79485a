/** Node's own: lines of JSON through a stream socket of net, over an inherited end of a pair. */

import { once } from 'node:events';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Driver } from '../core/driver';
import { DESCRIPTORS } from '../core/sockets';
import { objects } from './objects';

export const open: Driver['open'] = () => {
  const socket = new Socket({ fd: DESCRIPTORS.stream });
  return {
    ...objects({
      send: (value) =>
        socket.write(`${JSON.stringify(value)}\n`) ? undefined : once(socket, 'drain'),
      listen: (take) => {
        createInterface(socket).on('line', (line) => {
          take(JSON.parse(line));
        });
      },
    }),
    end: () =>
      new Promise((resolve) => {
        socket.end(() => {
          socket.destroy();
          resolve();
        });
      }),
  };
};
