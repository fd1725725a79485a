/** What callers say about mappings, as numbers. */

import { invalidType, outOfRange, quoted } from './error';
import {
  MADV_COLD,
  MADV_COLLAPSE,
  MADV_DODUMP,
  MADV_DOFORK,
  MADV_DONTDUMP,
  MADV_DONTFORK,
  MADV_DONTNEED,
  MADV_FREE,
  MADV_HUGEPAGE,
  MADV_KEEPONFORK,
  MADV_MERGEABLE,
  MADV_NOHUGEPAGE,
  MADV_NORMAL,
  MADV_PAGEOUT,
  MADV_POPULATE_READ,
  MADV_POPULATE_WRITE,
  MADV_RANDOM,
  MADV_REMOVE,
  MADV_SEQUENTIAL,
  MADV_UNMERGEABLE,
  MADV_WILLNEED,
  MADV_WIPEONFORK,
  MS_ASYNC,
  MS_INVALIDATE,
  MS_SYNC,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from './mmap-constants';
import { boolean, integer, optionsOf } from './options';

/** A part of a mapping; by default all of it. */
export interface MappingRange {
  /** Where it begins, in bytes from the beginning of the mapping. Default 0. */
  offset?: number | undefined;
  /** Its length in bytes. Default: to the end. */
  length?: number | undefined;
}

/** What `sync` writes back, and how. */
export interface SyncOptions extends MappingRange {
  /** `'sync'` (default): until the device has it. `'async'`: only begin. */
  mode?: 'sync' | 'async' | undefined;
  /** Other mappings of the file get what was written; EBUSY where pages are locked. Default false. */
  invalidate?: boolean | undefined;
}

/** What `protect` can make of memory. */
export type Protection = 'none' | 'read' | 'write';

/**
 * What this process may do with the memory of a mapping: `'write'` changes the object itself, what
 * is written to `'copy-on-write'` or `'read'` stays with this process; `'none'` is nothing.
 */
export type MappingAccess = Protection | 'copy-on-write';

/** What a new mapping is: how it was made, and for error messages the file. */
export interface MappingTraits {
  length: number;
  access: MappingAccess;
  path?: string | undefined;
  /** What is written stays with this process, whatever `protect` allows. */
  isPrivate?: boolean | undefined;
}

/** A typed array or DataView, by its class. */
export type ViewClass<V> = new (buffer: ArrayBuffer, byteOffset: number, length: number) => V;

const nothing = new ArrayBuffer(0);

/** Checked: what it makes is a view, be it of another realm. */
export function viewClass<T extends ViewClass<unknown>>(type: T): T {
  const isClass = typeof type === 'function' && 'prototype' in type;
  if (isClass && ArrayBuffer.isView(new type(nothing, 0, 0))) return type;
  throw invalidType('type', 'a class of views', type);
}

const protections: Record<Protection, number> = {
  none: PROT_NONE,
  read: PROT_READ,
  write: PROT_READ | PROT_WRITE,
};

const advices = {
  normal: MADV_NORMAL,
  random: MADV_RANDOM,
  sequential: MADV_SEQUENTIAL,
  'will-need': MADV_WILLNEED,
  'dont-need': MADV_DONTNEED,
  free: MADV_FREE,
  remove: MADV_REMOVE,
  'dont-fork': MADV_DONTFORK,
  'do-fork': MADV_DOFORK,
  mergeable: MADV_MERGEABLE,
  unmergeable: MADV_UNMERGEABLE,
  'huge-page': MADV_HUGEPAGE,
  'no-huge-page': MADV_NOHUGEPAGE,
  'dont-dump': MADV_DONTDUMP,
  'do-dump': MADV_DODUMP,
  'wipe-on-fork': MADV_WIPEONFORK,
  'keep-on-fork': MADV_KEEPONFORK,
  cold: MADV_COLD,
  'page-out': MADV_PAGEOUT,
  'populate-read': MADV_POPULATE_READ,
  'populate-write': MADV_POPULATE_WRITE,
  collapse: MADV_COLLAPSE,
};

/** What the kernel can be told about the use of memory: madvise(2), in words. */
export type Advice = keyof typeof advices;

/** How the native calls make pages of a part. */
const outward = 1;
const inward = 2;

/** Checked: an offset and a length inside the mapping. */
export interface Range {
  offset: number;
  length: number;
}

/** One of the words that a table has. */
export function word<T>(name: string, table: Record<string, T>, value: unknown): T {
  if (typeof value !== 'string') throw invalidType(name, 'a string', value);
  const found = Object.hasOwn(table, value) ? table[value] : undefined;
  if (found !== undefined) return found;
  const words = Object.keys(table).map((one) => `'${one}'`);
  throw outOfRange(name, `one of ${words.join(', ')}`, quoted(value));
}

/** `prefix`: of the names in messages. */
export function rangeOf(
  options: MappingRange | undefined,
  size: number,
  prefix = 'options.',
): Range {
  const { offset, length } = optionsOf(options);
  const from = offset === undefined ? 0 : integer(`${prefix}offset`, offset, 0, size);
  const most = size - from;
  return {
    offset: from,
    length: length === undefined ? most : integer(`${prefix}length`, length, 0, most),
  };
}

/** What msync(2) takes. */
export interface SyncPlan extends Range {
  flags: number;
}

/** What madvise(2) takes. */
export interface AdvicePlan {
  advice: number;
  rounding: number;
}

export function syncPlan(options: SyncOptions | undefined, size: number): SyncPlan {
  const { mode = 'sync', invalidate = false } = optionsOf(options);
  const waiting = word('options.mode', { sync: MS_SYNC, async: MS_ASYNC }, mode);
  const flags = waiting | (boolean('options.invalidate', invalidate) ? MS_INVALIDATE : 0);
  return { ...rangeOf(options, size), flags };
}

/** Advice that loses what is there is about whole pages inside the range, other about all it touches. */
export function adviceOf(words: unknown): AdvicePlan {
  const advice = word('advice', advices, words);
  const loses = [MADV_DONTNEED, MADV_FREE, MADV_REMOVE].includes(advice);
  return { advice, rounding: loses ? inward : outward };
}

export function protectionOf(access: unknown): number {
  return word('access', protections, access);
}

/** What pages of this protection allow. */
export function accessOf(prot: number): Protection {
  if ((prot & PROT_READ) === 0) return 'none';
  return (prot & PROT_WRITE) === 0 ? 'read' : 'write';
}
