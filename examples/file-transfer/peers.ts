import { type ChildProcess, type ExecFileOptions, execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
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

/** C is compiled from where it stands; only TypeScript is built to another folder. */
const C_SOURCES = path.join(
  path.dirname(require.resolve('posix-ipc/package.json')),
  'examples/file-transfer/c',
);

/** This machine lacks something that the peer needs: no failure, the peer is left out. */
export class PeerUnavailable extends Error {}

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
    const program = path.join(folder, transport.id);
    const flags = ['-std=c11', '-O2', '-pthread', '-o', program];
    await mkdir(folder, { mode: 0o700 });
    // The compiler's own temporary files go there as well.
    const env = { ...process.env, TMPDIR: folder };
    // A signal of its own: Node leaves listeners at that of a program that cannot be started.
    await compile([...flags, ...sources, '-lrt'], { env, signal: AbortSignal.any([signal]) });
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

async function compile(args: string[], options: ExecFileOptions): Promise<void> {
  for (const compiler of ['cc', 'gcc']) {
    const compiling = promisify(execFile)(compiler, args, options);
    try {
      await compiling;
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    } finally {
      await endOf(compiling.child);
    }
  }
  throw new PeerUnavailable('there is no C compiler (cc or gcc)');
}

/** An abort rejects at once, and the compiler ends a little later. */
async function endOf(child: ChildProcess): Promise<void> {
  const { pid, exitCode, signalCode } = child;
  if (pid !== undefined && exitCode === null && signalCode === null) await once(child, 'exit');
}
