/** File locks of tests: closed afterwards, on files that are gone then too. */

import { readFileSync, statSync } from 'node:fs';

import { lock } from 'posix-ipc';

import { temporaryFile } from './files';
import { type Peer, startC } from './processes';
import { soon, waitUntil } from './wait-until';

export const kinds = ['ofd', 'posix', 'flock'] as const satisfies lock.FileLockKind[];

const open = new Set<{ close(): void }>();

afterEach(() => {
  for (const one of open) one.close();
  open.clear();
});

/** Closes it after the test. */
export function adopt<T extends { close(): void }>(made: T): T {
  open.add(made);
  return made;
}

/** An object of its own for a file, or for a new one. */
export function fileLock(kind: lock.FileLockKind, path = temporaryFile('')): lock.FileLock {
  return adopt(lock.FileLock.openSync(path, { kind }));
}

/** How many calls wait for locks of a file. */
export function waiters(path: string): number {
  const { ino } = statSync(path);
  const lines = readFileSync('/proc/locks', 'latin1').split('\n');
  return lines.filter((line) => line.includes(`:${String(ino)} `) && line.includes('-> ')).length;
}

export async function untilWaiting(path: string, count = 1): Promise<void> {
  await waitUntil(`${String(count)} wait for ${path}`, () => waiters(path) === count);
}

/** A C program that locks the file, spoken to as file-lock-peer.c says. */
export class Outsider {
  readonly #peer: Peer;

  private constructor(peer: Peer) {
    this.#peer = peer;
  }

  static async of({ path = '', kind }: Pick<lock.FileLock, 'path' | 'kind'>): Promise<Outsider> {
    return new Outsider(await startC('file-lock-peer', [path, kind]));
  }

  get pid(): number {
    return this.#peer.pid;
  }

  /** `w` or `r`, the first byte and how many, as in "w 0 0". */
  async ask(command: 'lock' | 'try' | 'unlock' | 'test', range = 'w 0 0'): Promise<string> {
    this.#peer.tell(`${command} ${range}`);
    return this.#peer.line();
  }

  /** Has it lock the file, which nobody holds. */
  async hold(range?: string): Promise<void> {
    expect(await this.ask('lock', range)).toBe('done');
  }

  async unlock(range?: string): Promise<void> {
    expect(await this.ask('unlock', range)).toBe('done');
  }

  async kill(): Promise<void> {
    this.#peer.kill('SIGKILL');
    await soon('its end', this.#peer.ended);
  }
}

/** A file that a C program locks too. */
export async function withOutsider(
  kind: lock.FileLockKind,
): Promise<[file: lock.FileLock, outsider: Outsider]> {
  const file = fileLock(kind);
  return [file, await Outsider.of(file)];
}
