import { type ChildProcess, fork, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { PACKAGE, compile } from '../support/compile';
import type { Offer, Transport } from './transports/transport';

/** Starts a receiver for what the sender has made. */
export type Launch = (offer: Offer) => ChildProcess;

/** A kind of program that can be at the other end. */
export interface Peer {
  readonly name: string;
  /**
   * Does what can be done before anything is sent. `folder` is a name for a folder, if the peer
   * needs one; the caller removes it.
   */
  prepare(transport: Transport, folder: string, signal: AbortSignal): Promise<Launch>;
}

const C_SOURCES = path.join(PACKAGE, 'examples/file-transfer/c');
const C_HEADERS = path.join(PACKAGE, 'native/include');

const STDIO = ['ignore', 'inherit', 'pipe'] as const;

const nodePeer: Peer = {
  name: 'Node process',
  prepare(transport) {
    const program = path.join(__dirname, 'receiver.js');
    return Promise.resolve(({ address, inherited }) =>
      fork(program, [transport.id, address], { stdio: [...STDIO, ...inherited, 'ipc'] }),
    );
  },
};

const cPeer: Peer = {
  name: 'C program',
  async prepare(transport, folder, signal) {
    const sources = ['receiver.c', 'sha256.c', `${transport.id}.c`].map((name) =>
      path.join(C_SOURCES, name),
    );
    const flags = ['-std=gnu11', '-pthread', `-I${C_HEADERS}`, ...sources, '-lrt'];
    const program = await compile(folder, transport.id, flags, signal);
    return ({ address, inherited }) => {
      const args = [address, String(process.pid)];
      const child = spawn(program, args, { stdio: [...STDIO, ...inherited] });
      // What runs needs no name any more: even if this process is killed, nothing is left of it.
      rmSync(folder, { recursive: true });
      return child;
    };
  },
};

export const peers: Record<Transport['peers'][number], Peer> = { node: nodePeer, c: cPeer };
