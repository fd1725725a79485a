/** Sockets that are bound to paths: exact modes, stale files, removal. */

import { lstatSync, unlinkSync, type BigIntStats } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { now } from '../core/deadline';
import { errnoOf, SystemError } from '../core/error';
import type { OwnedDescriptor } from '../core/owned-descriptor';
import { native } from '../native';
import { pathIn, textOf } from './address';
import { LockFile } from './lock-file';

const EADDRINUSE = -errnoOf('EADDRINUSE');
const ECONNREFUSED = -errnoOf('ECONNREFUSED');
const ENOENT = -errnoOf('ENOENT');

/** Answers of a connect(2) that tell nothing of the socket. */
const unknowing = new Set(
  ['EMFILE', 'ENFILE', 'EACCES', 'ENOMEM', 'ENOBUFS'].map((code) => -errnoOf(code)),
);

const slash = 0x2f;

/** How long another process may hold the lock: it needs a few microseconds. */
const longestLock = 5000;

/** The file that a socket has made. */
export interface SocketFile {
  path: Buffer;
  dev: bigint;
  ino: bigint;
  /** The number of a file that is gone may come back, once the socket is closed. */
  birthtimeNs: bigint;
}

function statusOf(path: Buffer): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Binds; the file has the mode exactly, from the start. A negated errno where that fails. */
function tryBind(
  descriptor: OwnedDescriptor,
  name: Uint8Array,
  mode: number,
): SocketFile | undefined | number {
  const path = pathIn(name);
  if (path === undefined) return result(native.unixBind(descriptor.handle, name));
  const bound = native.unixBindExact(descriptor.handle, name, mode);
  if (bound < 0) return bound;
  const { dev, ino, birthtimeNs } = lstatSync(path, { bigint: true });
  return { path: absolute(path), dev, ino, birthtimeNs };
}

/** The same whatever the working directory becomes; in bytes, because it need not be UTF-8. */
function absolute(path: Buffer): Buffer {
  return path[0] === slash ? path : Buffer.concat([Buffer.from(`${process.cwd()}/`), path]);
}

function result(error: number): number | undefined {
  return error < 0 ? error : undefined;
}

function failure(error: number, name: Uint8Array, hint?: string): SystemError {
  return new SystemError(error, 'bind', { path: textOf(name), hint });
}

function taken(name: Uint8Array): string {
  return pathIn(name) === undefined
    ? 'another socket has that name'
    : 'something has that name; openOrCreate replaces a socket file that nobody uses';
}

/** Binds to an address that nobody has. The file that was made, if any. */
export function bindNew(
  descriptor: OwnedDescriptor,
  name: Uint8Array,
  mode: number,
  takenBy = taken(name),
): SocketFile | undefined {
  const bound = tryBind(descriptor, name, mode);
  if (typeof bound === 'number') {
    throw failure(bound, name, bound === EADDRINUSE ? takenBy : undefined);
  }
  return bound;
}

type Bound = { file: SocketFile | undefined } | 'locked';

/**
 * Binds to an address that nobody uses: a socket file that no socket is bound to is replaced.
 *
 * Two that find the same stale file must not remove each other's new one, so that is done under a
 * lock on `PATH.lock`, which is removed again. Whether a socket is alive is asked with a connect(2)
 * that it does not notice, and that it answers from bind(2) on, before it listens.
 */
function bindReplacing(descriptor: OwnedDescriptor, name: Uint8Array, mode: number): Bound {
  const first = tryBind(descriptor, name, mode);
  if (typeof first !== 'number') return { file: first };
  const path = pathIn(name);
  if (first !== EADDRINUSE || path === undefined) throw failure(first, name);
  const lock = LockFile.take(Buffer.concat([path, Buffer.from('.lock')]));
  if (lock === undefined) return 'locked';
  try {
    removeStale(name, path);
    return { file: bindNew(descriptor, name, mode, 'another process was quicker') };
  } finally {
    lock.release();
  }
}

function removeStale(name: Uint8Array, path: Buffer): void {
  const status = statusOf(path);
  if (status === undefined) return;
  if (!status.isSocket()) throw failure(EADDRINUSE, name, 'it is no socket');
  const answer = native.unixProbe(name);
  if (answer === ENOENT) return;
  if (unknowing.has(answer)) throw new SystemError(answer, 'connect', { path: textOf(name) });
  if (answer !== ECONNREFUSED) throw failure(EADDRINUSE, name, 'a process has it bound');
  unlinkSync(path);
}

function lockedTooLong(name: Uint8Array): SystemError {
  return failure(EADDRINUSE, name, 'another process holds the lock file beside it');
}

/** See `bindReplacing`. */
export async function bindOrReplace(
  descriptor: OwnedDescriptor,
  name: Uint8Array,
  mode: number,
): Promise<SocketFile | undefined> {
  const deadline = now() + longestLock;
  for (;;) {
    const bound = bindReplacing(descriptor, name, mode);
    if (bound !== 'locked') return bound.file;
    if (now() > deadline) throw lockedTooLong(name);
    await pause(1);
  }
}

const sleeping = new Int32Array(new SharedArrayBuffer(4));

/** The same, blocking the thread. */
export function bindOrReplaceSync(
  descriptor: OwnedDescriptor,
  name: Uint8Array,
  mode: number,
): SocketFile | undefined {
  const deadline = now() + longestLock;
  for (;;) {
    const bound = bindReplacing(descriptor, name, mode);
    if (bound !== 'locked') return bound.file;
    if (now() > deadline) throw lockedTooLong(name);
    Atomics.wait(sleeping, 0, 0, 1);
  }
}

/** Removes the file, if it is still the one that the socket has made. */
export function unlinkBound(file: SocketFile | undefined): void {
  const status = file === undefined ? undefined : statusOf(file.path);
  if (file === undefined || status === undefined || !isSame(file, status)) {
    const hint = file === undefined ? 'it has made no file, or removed it already' : undefined;
    throw new SystemError('ENOENT', 'unlink', { path: file && textOf(file.path), hint });
  }
  unlinkSync(file.path);
}

function isSame(file: SocketFile, { dev, ino, birthtimeNs }: BigIntStats): boolean {
  return dev === file.dev && ino === file.ino && birthtimeNs === file.birthtimeNs;
}
