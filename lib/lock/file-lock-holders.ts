/** Who holds locks of a file, as /proc tells. */

import { fstatSync, readdirSync, readFileSync } from 'node:fs';

import type { FileLockKind } from './file-lock-options';

/** A range of a file that is locked. */
export interface FileLockRange {
  /** The kind of the lock. */
  kind: FileLockKind;
  /** Others may have shared locks of the same bytes. */
  shared: boolean;
  /** The first byte; a bigint, whatever its size. */
  start: bigint;
  /** How many bytes; 0n reaches to the end of the file, wherever that will be. */
  length: bigint;
}

/** A lock of a file, and who has it. */
export interface FileLockHolder extends FileLockRange {
  /**
   * What the kernel says: the process that has a POSIX lock, or that took a lock of kind `'flock'`. -1
   * for an OFD lock: an open file has it, whoever has that. 0 for a process that this one cannot see,
   * because it is in another PID namespace.
   */
  pid: number;
  /**
   * The processes that have such a lock now, as far as this one may look into them: those that share
   * an open file all have its locks. Where several locks are alike, each names the holders of all.
   */
  pids: number[];
}

interface Entry extends FileLockRange {
  pid: number;
  /** The file, and all that is above: what the lines of one lock have in common everywhere. */
  key: string;
}

const kinds: Partial<Record<string, FileLockKind>> = {
  FLOCK: 'flock',
  OFDLCK: 'ofd',
  POSIX: 'posix',
};

// proc_locks(5): "1: OFDLCK ADVISORY  WRITE -1 fe:00:2173205 0 EOF"; "->" begins one that waits.
const line =
  /^(?:lock:\s+)?\d+: (FLOCK|OFDLCK|POSIX) +\S+ +(READ|WRITE) +(-?\d+) +(\S+:\S+:\d+) (\d+) (\d+|EOF)$/gm;

function entriesIn(text: string): Entry[] {
  return [...text.matchAll(line)].map(
    ([, word = '', type = '', pid = '', file = '', from = '', last = '']) => ({
      kind: kinds[word] ?? 'ofd',
      shared: type === 'READ',
      start: BigInt(from),
      length: last === 'EOF' ? 0n : BigInt(last) - BigInt(from) + 1n,
      pid: Number(pid),
      key: [word, type, file, from, last].join(' '),
    }),
  );
}

/** What /proc tells, also of a process that may have ended, or be somebody else's. */
export function textOr<R>(otherwise: R, read: () => R): R {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function infoOf(pid: number | string, fd: number | string): string {
  return readFileSync(`/proc/${String(pid)}/fdinfo/${String(fd)}`, 'latin1');
}

/** The file as /proc/locks names it: the device of its file system, which fstat(2) need not tell. */
function nameOf(fd: number, info: string): string {
  const status = fstatSync(fd, { bigint: true });
  const mount = /^mnt_id:\s+(\d+)$/m.exec(info)?.[1] ?? '';
  const device = new RegExp(`^${mount} \\d+ (\\d+):(\\d+) `, 'm').exec(
    readFileSync('/proc/self/mountinfo', 'latin1'),
  );
  const [major, minor] =
    device === null ? deviceOf(status.dev) : [BigInt(device[1] ?? 0), BigInt(device[2] ?? 0)];
  const hex = [major, minor].map((number) => number.toString(16).padStart(2, '0')).join(':');
  return `${hex}:${/^ino:\s+(\d+)$/m.exec(info)?.[1] ?? String(status.ino)}`;
}

/** As gnu_dev_major and gnu_dev_minor of libc. */
function deviceOf(device: bigint): [major: bigint, minor: bigint] {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  return [major, minor];
}

function ownEntries(fd: number): Entry[] {
  return entriesIn(infoOf('self', fd));
}

/** What the kernel says that this descriptor's open file, or this process through it, holds. */
export function heldThrough(fd: number): FileLockRange[] {
  return ownEntries(fd).map(({ kind, shared, start, length }) => ({ kind, shared, start, length }));
}

/** All locks of the file that a descriptor stands for. */
export function holdersOf(fd: number): FileLockHolder[] {
  const file = nameOf(fd, infoOf('self', fd));
  const entries = entriesIn(readFileSync('/proc/locks', 'latin1')).filter(({ key }) =>
    key.includes(` ${file} `),
  );
  const owners = entries.some(({ kind }) => kind !== 'posix') ? ownersOf(file) : undefined;
  return entries.map(({ key, ...entry }) => ({
    ...entry,
    pids: entry.kind === 'posix' ? [entry.pid] : (owners?.get(key) ?? []),
  }));
}

/**
 * The first lock that is in the way of one of flock(2), which cannot be asked. What this open file itself
 * has is not in its way.
 */
export function flockInTheWay(fd: number, shared: boolean): FileLockHolder | undefined {
  const own = ownEntries(fd).find(({ kind }) => kind === 'flock');
  if (own?.shared === false) return undefined;
  const all = holdersOf(fd).filter(({ kind }) => kind === 'flock');
  const mine = all.findIndex(({ pid }) => pid === own?.pid); // all are shared where one of them is
  return all.find((one, i) => i !== mine && !(shared && one.shared));
}

/** The processes that have each of the locks of a file, by what its lines have in common. */
function ownersOf(file: string): Map<string, number[]> {
  const owners = new Map<string, number[]>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const key of keysOf(pid, file)) {
      owners.set(key, [...(owners.get(key) ?? []), Number(pid)]);
    }
  }
  return owners;
}

function keysOf(pid: string, file: string): Set<string> {
  const keys = new Set<string>();
  for (const fd of textOr([], () => readdirSync(`/proc/${pid}/fdinfo`))) {
    const info = textOr('', () => infoOf(pid, fd));
    for (const { key } of entriesIn(info)) if (key.includes(` ${file} `)) keys.add(key);
  }
  return keys;
}
