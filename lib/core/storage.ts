/** Memory that is reserved for an object. */

import { fstatSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';

import { native } from '../native';
import { inBackground } from './background';
import { errnoOf, SystemError } from './error';
import { proc } from './proc';

/** Above this many bytes, reserving takes so long that a promise form leaves it to a thread. */
const quick = 1 << 20;

/** Above this many bytes it is looked first whether there is as much memory. */
const much = 64 << 20;

const ENOSPC = -errnoOf('ENOSPC');
const ENOMEM = -errnoOf('ENOMEM');

/** The error that a negated errno stands for. */
export type Failure = (error: number) => SystemError;

/** Bytes of memory and swap that can be had now. */
function availableMemory(): number {
  const text = proc('meminfo');
  if (text === undefined) return freemem();
  const kibibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return (kibibytes('MemAvailable') + kibibytes('SwapFree')) * 1024;
}

/** Bytes that a descriptor's file system has left, as far as it can be told. */
function room(fd: number): number {
  try {
    const { blocks, bavail, bsize } = statfsSync(`/proc/self/fd/${String(fd)}`);
    return blocks > 0 ? bavail * bsize : Infinity;
  } catch {
    return Infinity;
  }
}

/**
 * The kernel reserves page by page. It would use up all that is left before it fails, or end
 * processes to find more: so what cannot succeed is not begun.
 */
function checkRoom(fd: number, length: number, failure: Failure): void {
  if (length <= quick) return;
  if (length > room(fd)) throw failure(ENOSPC);
  if (length > much && length > availableMemory()) throw failure(ENOMEM);
}

/** Reserves memory, so that it cannot be missing later; without waiting for a thread if it is little. */
export async function reserve(
  fd: number,
  offset: number,
  length: number,
  failure: Failure,
  method: unknown,
): Promise<void> {
  if (length <= quick) {
    reserveSync(fd, offset, length, failure);
    return;
  }
  checkRoom(fd, length, failure);
  await inBackground(() => native.reserveWait(fd, offset, length), failure, method);
}

export function reserveSync(fd: number, offset: number, length: number, failure: Failure): void {
  checkRoom(fd, length, failure);
  const result = native.reserve(fd, offset, length);
  if (result < 0) throw failure(result);
}

/** What is reserved portion by portion must not be cut meanwhile: it would have a hole. */
export class Resizing {
  #goesOn = false;

  /** Throws while the size of the object is being changed. */
  check(path: string | undefined): void {
    if (!this.#goesOn) return;
    throw new SystemError('EBUSY', 'posix_fallocate', { path, hint: 'another resize goes on' });
  }

  async during(reserving: Promise<void>): Promise<void> {
    this.#goesOn = true;
    try {
      await reserving;
    } finally {
      this.#goesOn = false;
    }
  }
}

/**
 * The last byte, counted from the beginning of the object, that any mapping of this process reaches
 * to, whoever made it. Who cannot tell takes all of it for mapped.
 */
function mappedUpTo({ dev, ino }: { dev: bigint; ino: bigint }): number {
  const major = (dev >> 8n) & 0xfffn;
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xfff00n);
  const hex = (number: bigint): string => number.toString(16).padStart(2, '0');
  const object = ` ${hex(major)}:${hex(minor)} ${String(ino)} `;
  const maps = proc('self/maps');
  if (maps === undefined) return Infinity;
  const ends = maps
    .split('\n')
    .filter((line) => `${line} `.includes(object))
    .map((line) => {
      const [range = '', , offset = '0'] = line.split(' ');
      const [from = '0', to = '0'] = range.split('-');
      return Number.parseInt(offset, 16) + Number.parseInt(to, 16) - Number.parseInt(from, 16);
    });
  return Math.max(0, ...ends);
}

/** Whether anything that this process has mapped of an object lies beyond a size: a touch would be SIGBUS. */
export function isMappedBeyond(fd: number, size: number): boolean {
  const pageEnd = Math.ceil(size / native.pageSize) * native.pageSize;
  return mappedUpTo(fstatSync(fd, { bigint: true })) > pageEnd;
}

/** Why an object is not made smaller. */
export function inUse(): string {
  return proc('self/maps') === undefined
    ? '/proc/self/maps cannot be read, which tells whether this process has mapped what would be cut off'
    : 'this process has mapped what would be cut off';
}
