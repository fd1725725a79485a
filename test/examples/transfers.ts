/** Runs the file transfer as a process. Importing this registers the clean-up. */

import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SpawnOptions } from 'node:child_process';

import { type Ended, Peer } from '../support/processes';
import { soon } from '../support/wait-until';

export const MAIN = path.resolve(__dirname, '../../dist-programs/examples/file-transfer/main.js');

export const NAMES = {
  'sysv-queue': 'System V queue',
  'posix-queue': 'POSIX queue',
  pipe: 'Pipe',
  fifo: 'FIFO',
  'unix-stream': 'Unix stream socket',
  'unix-datagram': 'Unix datagram socket',
  'unix-seqpacket': 'Unix seqpacket socket',
  memfd: 'Passed memfd',
  'posix-shm': 'POSIX shared memory',
  'sysv-shm': 'System V shared memory',
  'mapped-file': 'Mapped file',
  channel: 'Channel, copied',
  'channel-in-place': 'Channel, zero copy',
} as const;
export type TransportId = keyof typeof NAMES;
export const IDS = Object.keys(NAMES) as TransportId[];

export const PEERS = { node: 'Node process', c: 'C program' } as const;
export type Receiver = keyof typeof PEERS;
export const RECEIVERS = Object.keys(PEERS) as Receiver[];

/** Every transport with every receiver, in the order of the table. */
export const ROWS = IDS.flatMap((id) => RECEIVERS.map((receiver) => [id, receiver] as const));

/** All transports, each to both receivers, on a busy machine: a compilation and two programs each. */
const patience = 180_000;

jest.setTimeout(2 * patience);

let folder: string;
let temporary: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'file-transfer-test-'));
  temporary = path.join(folder, 'tmp');
  mkdirSync(temporary);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Where the program has its temporary files. */
export function temporaryFolder(): string {
  return temporary;
}

/** An empty folder; the program's temporary files go elsewhere. */
export function emptyFolder(): string {
  const empty = path.join(folder, 'empty');
  mkdirSync(empty);
  return empty;
}

export function run(
  command: string,
  args: readonly string[],
  { env, ...options }: SpawnOptions = {},
): Peer {
  // INIT_CWD is npm's, and names the folder where `npm test` was typed.
  const defaults = { TMPDIR: temporary, INIT_CWD: folder };
  return new Peer(command, args, { ...options, env: { ...process.env, ...defaults, ...env } });
}

export function start(args: readonly string[], options?: SpawnOptions): Peer {
  return run(process.execPath, [MAIN, ...args], options);
}

export function end(program: Peer): Promise<Ended> {
  return soon('the end of the transfer', program.ended, patience);
}

/** The only one that a test makes. */
export function testFile(): string {
  return path.join(folder, 'a file');
}

export function makeFile(content: Buffer): string {
  const file = testFile();
  writeFileSync(file, content);
  return file;
}

/** It lasts longer than a test may have to wait for a CPU, to see it under way. */
export const LARGE = 128 * 1024 * 1024;

/** A sparse file that is under way long enough to be interfered with. */
export function makeLargeFile(): string {
  const file = makeFile(Buffer.alloc(0));
  truncateSync(file, LARGE);
  return file;
}

/** The table, cell by cell, without its head. */
export function rowsOf(stdout: string): string[][] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('│'));
  return lines.slice(1).map((line) => {
    const cells = line.split('│').slice(1, -1);
    return cells.map((cell) => cell.trim());
  });
}

export function digestsOf(stdout: string): string[] {
  return rowsOf(stdout).map((row) => row.at(-1) ?? '');
}
