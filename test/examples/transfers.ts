/** Runs the file transfer as a process, and looks at it from outside. Importing this registers the clean-up. */

import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { GETPID, semctl } from 'posix-ipc/syscalls';

import { untilBlockedIn } from '../support/blocked';
import { type Ended, Peer } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

export const MAIN = path.resolve(__dirname, '../../dist-programs/examples/file-transfer/main.js');

export const RECEIVERS = ['node', 'c'] as const;
export type Receiver = (typeof RECEIVERS)[number];

/** The transports that are a bounded buffer, and where in their memory it begins. */
export const BUFFERS = { 'posix-shm': 4 * 32, 'sysv-shm': 0, 'mapped-file': 0 } as const;
export type BufferId = keyof typeof BUFFERS;
export type TransportId = 'sysv-queue' | BufferId;
export const IDS = ['sysv-queue', 'posix-shm', 'sysv-shm', 'mapped-file'] as const;

/** Every transport with every receiver, and those of them that are a bounded buffer. */
export const ROWS = IDS.flatMap((id) => RECEIVERS.map((receiver) => [id, receiver] as const));
export const BUFFER_ROWS = ROWS.filter((row): row is readonly [BufferId, Receiver] =>
  Object.hasOwn(BUFFERS, row[0]),
);

/** As c/bounded-buffer.h has them. */
const SLOT_SIZE = 8 + 64 * 1024;
const SLOTS = 4;
const DATA = 2;

export const NAMES: Record<TransportId, string> = {
  'sysv-queue': 'System V queue',
  'posix-shm': 'POSIX shared memory',
  'sysv-shm': 'System V shared memory',
  'mapped-file': 'Mapped file',
};

// Two cores, busy with other suites, carry a large file in seconds.
jest.setTimeout(60_000);

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

/** An empty folder; the program's temporary files go elsewhere. */
export function emptyFolder(): string {
  const empty = path.join(folder, 'empty');
  mkdirSync(empty);
  return empty;
}

export function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Peer {
  // INIT_CWD is npm's, and names the folder where `npm test` was typed.
  const defaults = { TMPDIR: temporary, INIT_CWD: folder };
  return new Peer(command, args, { env: { ...process.env, ...defaults, ...env } });
}

export function start(args: string[], env?: NodeJS.ProcessEnv): Peer {
  return run(process.execPath, [MAIN, ...args], env);
}

export function end(program: Peer): Promise<Ended> {
  return soon('the end of the transfer', program.ended);
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

export const LARGE = 64 * 1024 * 1024;

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

/** What the row of this receiver says, where the others say `equal`. */
export function onlyFor(receiver: Receiver, digest: string): string[] {
  return RECEIVERS.map((other) => (other === receiver ? digest : 'equal'));
}

/** The rows of /proc/sysvipc/`kind`, each a number per column. */
function systemV(kind: 'msg' | 'sem' | 'shm'): Record<string, number>[] {
  const [head = [], ...rows] = readFileSync(`/proc/sysvipc/${kind}`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows.map((row) =>
    Object.fromEntries(head.map((column, index) => [column, Number(row[index])])),
  );
}

/** The queue that this process has sent to. */
export function queueOf(sender: number): number | undefined {
  return systemV('msg').find(({ lspid }) => lspid === sender)?.['msqid'];
}

/** Who used a semaphore last; none if the set has just gone. */
function lastUser(semid: number, index: number): number {
  try {
    return semctl(semid, index, GETPID);
  } catch {
    return 0;
  }
}

/** What System V objects these processes have used, and what names they have made. */
function objectsOf(pids: number[]): string[] {
  const isTheirs = (pid: number | undefined): boolean => pid !== undefined && pids.includes(pid);
  const queues = systemV('msg').filter(({ lspid, lrpid }) => isTheirs(lspid) || isTheirs(lrpid));
  const segments = systemV('shm').filter(({ cpid, lpid }) => isTheirs(cpid) || isTheirs(lpid));
  const sets = systemV('sem').filter(({ semid = -1, nsems = 0 }) =>
    Array.from({ length: nsems }, (_, index) => lastUser(semid, index)).some(isTheirs),
  );
  const names = readdirSync('/dev/shm').filter((name) =>
    pids.some((pid) => name.includes(`file-transfer-${String(pid)}-`)),
  );
  return [
    ...queues.map(({ msqid }) => `queue ${String(msqid)}`),
    ...segments.map(({ shmid }) => `segment ${String(shmid)}`),
    ...sets.map(({ semid }) => `set ${String(semid)}`),
    ...names.map((name) => `/dev/shm/${name}`),
    ...readdirSync(temporary),
  ];
}

/** Empty where the process is gone. */
function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

export function childrenOf(pid: number): number[] {
  return readProc(pid, `task/${String(pid)}/children`)
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

/**
 * False also for one that has ended and still waits to be reaped. A killed process keeps its memory
 * until the last of its threads is gone, which may be after the first.
 */
export function isRunning(pid: number): boolean {
  const status = readProc(pid, 'status');
  return status !== '' && !(/^State:\s*[ZX]/m.test(status) && /^Threads:\s*1$/m.test(status));
}

/** A transfer that is on its way. */
export interface UnderWay {
  id: TransportId;
  sender: number;
  receiver: number;
}

/** Where the receiver has the bounded buffer, or undefined if it has not yet, or not any more. */
function bufferIn({ receiver }: UnderWay, id: BufferId): number | undefined {
  const line = readProc(receiver, 'maps')
    .split('\n')
    .find((one) => / rw-s .*(?:\/SYSV0|\/file-transfer-\d+-[0-9a-f]+(?: \(deleted\))?$)/.test(one));
  return line === undefined ? undefined : parseInt(line, 16) + BUFFERS[id];
}

function hasData(underWay: UnderWay): boolean {
  const { id, sender, receiver } = underWay;
  if (id === 'sysv-queue') return queueOf(sender) !== undefined;
  const buffer = bufferIn(underWay, id);
  if (buffer === undefined) return false;
  const type = Buffer.alloc(4);
  const memory = openSync(`/proc/${String(receiver)}/mem`, 'r');
  readSync(memory, type, 0, type.length, buffer + SLOT_SIZE); // the header is in the slot before
  closeSync(memory);
  return type.readUInt32LE() === DATA;
}

function folders(): string[] {
  const entries = readdirSync(temporary, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Waits until this process has started that receiver, which may not have opened anything yet. */
export async function untilStarted(
  sender: number,
  id: TransportId,
  receiver: Receiver,
): Promise<UnderWay> {
  const command = receiver === 'c' ? `/${id}\0` : `/receiver.js\0${id}\0`;
  let child: number | undefined;
  await waitUntil(`a transfer by ${id} to ${receiver}`, () => {
    child = childrenOf(sender).find((pid) => readProc(pid, 'cmdline').includes(command));
    // A compiled program loses its name when it runs.
    return child !== undefined && (receiver === 'node' || folders().length === 0);
  });
  return { id, sender, receiver: child ?? 0 };
}

/** Waits until data is on its way from this process to that receiver. */
export async function untilUnderWay(
  sender: number,
  id: TransportId,
  receiver: Receiver,
): Promise<UnderWay> {
  const started = await untilStarted(sender, id, receiver);
  await waitUntil(`data by ${id} to ${receiver}`, () => hasData(started));
  return started;
}

/** A large file that is on its way by this transport, at the moment to this receiver. */
export async function startLarge(
  id: TransportId,
  receiver: Receiver,
): Promise<{ program: Peer; underWay: UnderWay }> {
  const program = start([makeLargeFile(), '--transport', id]);
  return { program, underWay: await untilUnderWay(program.pid, id, receiver) };
}

/** Stops the receiver; when this resolves the sender waits for room. */
export async function untilFull({ id, sender, receiver }: UnderWay): Promise<void> {
  process.kill(receiver, 'SIGSTOP');
  await waitUntil('the receiver to stop', () => /^State:\s*T/m.test(readProc(receiver, 'status')));
  const calls = { 'sysv-queue': 'msgsnd', 'sysv-shm': 'semop' } as const;
  await untilBlockedIn(id in calls ? calls[id as keyof typeof calls] : 'futex', sender);
}

/** Changes a byte of the data in each slot, as a peer that disregards the semaphores could. */
export function corruptSlots(underWay: UnderWay, id: BufferId): void {
  const buffer = bufferIn(underWay, id);
  if (buffer === undefined) throw new Error('the receiver has no buffer');
  const memory = openSync(`/proc/${String(underWay.receiver)}/mem`, 'r+');
  for (let slot = 0; slot < SLOTS; slot++)
    writeSync(memory, Buffer.from('!'), 0, 1, buffer + slot * SLOT_SIZE + 1000);
  closeSync(memory);
}

export function expectNothingLeft({ sender, receiver }: UnderWay): void {
  expect(objectsOf([sender, receiver])).toEqual([]);
  expect(isRunning(receiver)).toBe(false);
}

/** The same where no receiver is known, and a compiler may just be ending. */
export async function expectNothingOf(sender: number): Promise<void> {
  await waitUntil('the end of all processes', () => programsIn(temporary).length === 0);
  expect(objectsOf([sender])).toEqual([]);
}

/** The processes whose temporary files go to a folder. */
function programsIn(tmp: string): string[] {
  return readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && readProc(Number(name), 'environ').includes(`\0TMPDIR=${tmp}`),
  );
}
