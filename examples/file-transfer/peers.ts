import { type ChildProcess, type StdioOptions, execFile, fork, spawn } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Transport } from './transports/transport';

/** Starts a receiver for what has this address. */
export type Launch = (address: string) => ChildProcess;

/** A kind of program that can be at the other end. */
export interface Peer {
  readonly name: string;
  /** Does what can be done before anything is sent; `folder` is for temporary files. */
  prepare(transport: Transport, folder: string, signal: AbortSignal): Promise<Launch>;
}

/** C is compiled from where it stands; only TypeScript is built to another folder. */
const C_SOURCES = path.join(
  path.dirname(require.resolve('posix-ipc/package.json')),
  'examples/file-transfer/c',
);

/** This machine lacks something that the peer needs: no failure, the peer is left out. */
export class PeerUnavailable extends Error {}

const STDIO: StdioOptions = ['ignore', 'inherit', 'pipe'];

const nodePeer: Peer = {
  name: 'Node process',
  prepare(transport) {
    const program = path.join(__dirname, 'receiver.js');
    return Promise.resolve((address) =>
      fork(program, [transport.id, address], { stdio: [...STDIO, 'ipc'] }),
    );
  },
};

const cPeer: Peer = {
  name: 'C program',
  async prepare(transport, folder, signal) {
    const sources = ['receiver.c', 'sha256.c', `${transport.id}.c`].map((name) =>
      path.join(C_SOURCES, name),
    );
    const program = path.join(folder, transport.id);
    await compile(['-std=c11', '-O2', '-o', program, ...sources], signal);
    return (address) => spawn(program, [address], { stdio: STDIO });
  },
};

export const peers: Record<Transport['peers'][number], Peer> = { node: nodePeer, c: cPeer };

async function compile(args: string[], signal: AbortSignal): Promise<void> {
  for (const compiler of ['cc', 'gcc']) {
    try {
      await promisify(execFile)(compiler, args, { signal });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new PeerUnavailable('there is no C compiler (cc or gcc)');
}
