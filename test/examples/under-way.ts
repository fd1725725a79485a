/** Looks at a transfer that is on its way, from outside. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { type BlockingCall, untilBlockedIn } from '../support/blocked';
import { textOf } from '../support/descriptor-info';
import type { Peer } from '../support/processes';
import { waitUntil } from '../support/wait-until';
import {
  makeLargeFile,
  type Receiver,
  start,
  temporaryFolder,
  testFile,
  type TransportId,
} from './transfers';

/** A transfer that is on its way. */
export interface UnderWay {
  id: TransportId;
  /** What the sender has told the receiver. */
  address: string;
  sender: number;
  receiver: number;
}

/** How much is read from the file at once. */
const BLOCK = 256 * 1024;

/** Empty where the process is gone. */
export function readProc(pid: number, name: string): string {
  return textOf(() => readFileSync(`/proc/${String(pid)}/${name}`, 'utf8'));
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

/** Whether a first block was read, and is now being sent: then the next one is read. */
function sends(sender: number): boolean {
  const fds = textOf(() => readdirSync(`/proc/${String(sender)}/fd`).join(' ')).split(' ');
  const files = fds.filter(
    (fd) => textOf(() => readlinkSync(`/proc/${String(sender)}/fd/${fd}`)) === testFile(),
  );
  const positions = files.map((fd) =>
    Number(/^pos:\s+(\d+)/.exec(readProc(sender, `fdinfo/${fd}`))?.[1] ?? 0),
  );
  return positions.some((position) => position > BLOCK);
}

function compilesNothing(): boolean {
  const entries = readdirSync(temporaryFolder(), { withFileTypes: true });
  return !entries.some((entry) => entry.isDirectory());
}

/** What was typed to start this receiver, where the process is one: its address comes first. */
function argumentsOf(pid: number, id: TransportId, receiver: Receiver): string[] | undefined {
  const [program = '', ...args] = readProc(pid, 'cmdline').split('\0');
  if (receiver === 'c') return program.endsWith(`/${id}`) ? args : undefined;
  return args[0]?.endsWith('/receiver.js') && args[1] === id ? args.slice(2) : undefined;
}

/** Waits until this process has started that receiver, which may not have opened anything yet. */
export async function untilStarted(
  sender: number,
  id: TransportId,
  receiver: Receiver,
): Promise<UnderWay> {
  let found: UnderWay | undefined;
  await waitUntil(`a transfer by ${id} to ${receiver}`, () => {
    if (!isRunning(sender)) throw new Error(`the sender has ended before ${id} to ${receiver}`);
    for (const pid of childrenOf(sender)) {
      const [address] = argumentsOf(pid, id, receiver) ?? [];
      if (address !== undefined) found = { id, address, sender, receiver: pid };
    }
    // A compiled program loses its name when it runs.
    return found !== undefined && (receiver === 'node' || compilesNothing());
  });
  return found as UnderWay;
}

/** Waits until data is on its way from this process to that receiver. */
export async function untilUnderWay(
  sender: number,
  id: TransportId,
  receiver: Receiver,
): Promise<UnderWay> {
  const started = await untilStarted(sender, id, receiver);
  await waitUntil(`data by ${id} to ${receiver}`, () => sends(sender));
  return started;
}

/** Whatever comes before that receiver's row has failed then. */
export async function startUpTo(id: TransportId, receiver: Receiver): Promise<Peer> {
  // Not to be reached by Ctrl-C alone: a process group of its own.
  const program = start([makeLargeFile(), '--transport', id], { detached: true });
  if (receiver === 'c') {
    const before = await untilStarted(program.pid, id, 'node');
    process.kill(before.receiver, 'SIGKILL');
  }
  return program;
}

/** A large file that is on its way by this transport, at the moment to this receiver. */
export async function startLarge(
  id: TransportId,
  receiver: Receiver,
): Promise<{ program: Peer; underWay: UnderWay }> {
  const program = await startUpTo(id, receiver);
  return { program, underWay: await untilUnderWay(program.pid, id, receiver) };
}

/** How the sender waits for room; without an entry, for a descriptor. */
const WAITS: Partial<Record<TransportId, BlockingCall>> = {
  'sysv-queue': 'msgsnd',
  'posix-shm': 'futex',
  'sysv-shm': 'semop',
  'mapped-file': 'futex',
  channel: 'futex_waitv',
  'channel-in-place': 'futex_waitv',
};

/** Stops the receiver; when this resolves the sender waits for room. */
export async function untilFull({ id, sender, receiver }: UnderWay): Promise<void> {
  process.kill(receiver, 'SIGSTOP');
  await waitUntil('the receiver to stop', () => /^State:\s*T/m.test(readProc(receiver, 'status')));
  await untilBlockedIn(WAITS[id] ?? 'epollout', sender);
}
