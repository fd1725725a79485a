/** The npm package node-ipc, version 12.0.0: JSON over a Unix socket. Bytes go as base64, as with child_process. */

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Driver } from '../core/driver';
import { loadRival } from '../core/rivals';
import { REQUEST } from '../core/slots';
import { boundTo, placeOf } from '../core/sockets';
import { events, type Send } from './events';

/** It does not tell when what it has sent is gone. */
const PAUSE = 500;

interface Side {
  on(event: string, listener: (data: string, socket: Socket) => void): void;
}

interface Server extends Side {
  start(): void;
  stop(): void;
  emit(socket: Socket, event: string, data: string): void;
}

interface Client extends Side {
  socket: Socket;
  emit(event: string, data: string): void;
}

interface NodeIpc {
  config: { silent: boolean; retry: number };
  server: Server;
  serve(path: string, started: () => void): void;
  connectTo(id: string, path: string, connected: () => void): void;
  disconnect(id: string): void;
  of: Record<string, Client | undefined>;
}

const MESSAGE = 'message';
const SERVER = 'server';

export const open: Driver['open'] = (address) => {
  const { default: ipc } = loadRival('node-ipc') as { default: NodeIpc };
  ipc.config.silent = true;
  ipc.config.retry = 5;
  const file = boundTo(placeOf(address), REQUEST);
  let end = (): void => undefined;
  const peers = events({
    listen: (take) => {
      ipc.serve(file, () => {
        ipc.server.on(MESSAGE, (data, socket) => {
          take(Buffer.from(data, 'base64'), (answer) => {
            ipc.server.emit(socket, MESSAGE, answer.toString('base64'));
            return untilRoomy(socket);
          });
        });
      });
      ipc.server.start();
      end = () => {
        ipc.server.stop();
      };
    },
    connect: async (take) => {
      const server = await new Promise<Client>((resolve) => {
        ipc.connectTo(SERVER, file, () => {
          const client = ipc.of[SERVER];
          client?.on('connect', () => {
            resolve(client);
          });
        });
      });
      end = () => {
        ipc.disconnect(SERVER);
      };
      server.on(MESSAGE, (data) => {
        take(Buffer.from(data, 'base64'));
      });
      const send: Send = (data) => {
        server.emit(MESSAGE, data.toString('base64'));
        return untilRoomy(server.socket);
      };
      return send;
    },
    end: async () => {
      await setTimeout(PAUSE);
      end();
    },
  });
  return { ...peers, copies: true };
};

/** It has no back-pressure of its own: without this, memory would hold all that the other end has not read. */
function untilRoomy(socket: Socket): Promise<unknown> | undefined {
  return socket.writableNeedDrain ? once(socket, 'drain') : undefined;
}
