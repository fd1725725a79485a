/** The npm package unix-dgram: an event for each message, callbacks that are called at once. */

import { once, type EventEmitter } from 'node:events';
import type { Driver } from '../core/driver';
import { loadRival } from '../core/rivals';
import { REPLY, REQUEST } from '../core/slots';
import { boundTo, insist, placeOf } from '../core/sockets';
import { events, type Send } from './events';

type Listener = (data: Buffer) => void;

interface Socket extends EventEmitter {
  bind(path: string): void;
  connect(path: string): void;
  send(data: Buffer, done: (error?: Error & { code: unknown }) => void): void;
  close(): void;
}

interface UnixDgram {
  createSocket(type: 'unix_dgram', listener?: Listener): Socket;
}

/** The code of an error that is none: there is no room. */
const CONGESTION = 1;

function sender(socket: Socket): Send {
  const send = (data: Buffer): boolean => {
    let sent = true;
    socket.send(data, (error) => {
      if (error === undefined) return;
      if (error.code !== CONGESTION) throw error;
      sent = false;
    });
    return sent;
  };
  const persist = async (data: Buffer): Promise<void> => {
    do await once(socket, 'writable');
    while (!send(data));
  };
  return (data) => (send(data) ? undefined : persist(data));
}

export const open: Driver['open'] = (address) => {
  const place = placeOf(address);
  const library = loadRival('unix-dgram') as UnixDgram;
  const sockets: Socket[] = [];
  const socketOf = (listener?: Listener): Socket => {
    const socket = library.createSocket('unix_dgram', listener);
    sockets.push(socket);
    return socket;
  };
  const towards = (type: number): Send => {
    const socket = socketOf();
    insist(() => {
      socket.connect(boundTo(place, type));
    });
    return sender(socket);
  };
  return {
    copies: true,
    ...events({
      listen: (take) => {
        let answer: Send | undefined;
        const socket = socketOf((data) => {
          take(data, (reply) => (answer ??= towards(REPLY))(reply));
        });
        socket.bind(boundTo(place, REQUEST));
      },
      connect: (take) => {
        socketOf(take).bind(boundTo(place, REPLY));
        return towards(REQUEST);
      },
      end: () => {
        for (const socket of sockets) socket.close();
      },
    }),
  };
};
