/**
 * The npm package node-unix-socket. What is sent while an earlier message waits for room may overtake
 * it: so each that was not sent at once is waited for.
 */

import { accessSync } from 'node:fs';
import type { EventEmitter } from 'node:events';
import { loadRival } from '../core/rivals';
import { REPLY, REQUEST } from '../core/slots';
import { boundTo, insist, type Place } from '../core/sockets';
import type { Peers, Send } from './events';

type Done = (error?: Error | null) => void;

interface DgramSocket extends EventEmitter {
  bind(path: string): void;
  sendTo(data: Buffer, offset: number, length: number, path: string, done: Done): void;
  close(): void;
}

interface SeqpacketSocket extends EventEmitter {
  connect(path: string, connected: () => void): void;
  write(data: Buffer, offset: number, length: number, done: Done): void;
  destroy(): void;
}

interface SeqpacketServer extends EventEmitter {
  listen(path: string): void;
  close(): void;
}

interface NodeUnixSocket {
  DgramSocket: new () => DgramSocket;
  SeqpacketSocket: new () => SeqpacketSocket;
  SeqpacketServer: new () => SeqpacketServer;
}

function load(): NodeUnixSocket {
  return loadRival('node-unix-socket') as NodeUnixSocket;
}

function sender(start: (data: Buffer, done: Done) => void): Send {
  return (data) => {
    const sending: { done: boolean; resolve?: () => void } = { done: false };
    start(data, (error) => {
      if (error instanceof Error) throw error;
      sending.done = true;
      sending.resolve?.();
    });
    if (sending.done) return undefined;
    return new Promise<void>((resolve) => {
      sending.resolve = resolve;
    });
  };
}

export function datagrams(place: Place): Peers {
  const socket = new (load().DgramSocket)();
  const [requests, replies] = [boundTo(place, REQUEST), boundTo(place, REPLY)];
  const towards = (path: string): Send =>
    sender((data, done) => {
      socket.sendTo(data, 0, data.length, path, done);
    });
  return {
    listen: (take) => {
      const answer = towards(replies);
      socket.on('data', (data: Buffer) => {
        take(data, answer);
      });
      socket.bind(requests);
    },
    connect: (take) => {
      socket.on('data', take);
      socket.bind(replies);
      insist(() => {
        accessSync(requests);
      });
      return towards(requests);
    },
    end: () => {
      socket.close();
    },
  };
}

export function seqpackets(place: Place): Peers {
  const { SeqpacketServer, SeqpacketSocket } = load();
  const path = boundTo(place, REQUEST);
  const ends: (() => void)[] = [];
  const towards = (socket: SeqpacketSocket): Send =>
    sender((data, done) => {
      socket.write(data, 0, data.length, done);
    });
  const use = (socket: SeqpacketSocket): SeqpacketSocket => {
    ends.push(() => {
      socket.destroy();
    });
    return socket;
  };
  return {
    listen: (take) => {
      const server = new SeqpacketServer();
      ends.push(() => {
        server.close();
      });
      server.on('connection', (socket: SeqpacketSocket) => {
        const answer = towards(use(socket));
        socket.on('data', (data: Buffer) => {
          take(data, answer);
        });
      });
      server.listen(path);
    },
    connect: (take) =>
      new Promise((resolve) => {
        insist(() => {
          accessSync(path);
        });
        const socket = use(new SeqpacketSocket());
        socket.on('data', take);
        socket.connect(path, () => {
          resolve(towards(socket));
        });
      }),
    end: () => {
      for (const end of ends) end();
    },
  };
}
