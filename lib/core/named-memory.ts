/** Whatever lies in a shared memory object of its own: made and found by name. */

import { constants, fchownSync, fstatSync } from 'node:fs';

import { native } from '../native';
import { errnoOf } from './error';
import { mapDescriptor } from './map-descriptor';
import { whenClosed, type Mapping } from './mapping';
import { randomName } from './name';
import { NameUse } from './name-use';
import type { Owner } from './options';
import { OwnedDescriptor } from './owned-descriptor';
import { abandon, begin, complete, failureOf, nameOf } from './shared-object';
import { reserveSync } from './storage';

/** What objects of one kind have in common. T: what this process has of one that is open. */
export interface NamedKind<T> {
  /** The least size of one, and the error for what is smaller. */
  bytes: number;
  tooSmall(name: string): Error;
  /**
   * Checks what lies in the memory, which is the whole object, and takes the mapping over. Throws if
   * it is none of this kind.
   */
  open(mapping: Mapping, name: string): T;
  /** Lets go of one that nobody is to have after all. */
  discard(opened: T): void;
  /** Whether the name of one goes with the last one who has it open. Default: it stays. */
  isTemporary?(opened: T): boolean;
}

/** What one is made with. */
export interface Making {
  /** The size of the object. */
  bytes: number;
  /** Permission bits, exactly. */
  mode: number;
  /** Who owns it, if not whoever makes it. */
  owner?: Owner | undefined;
  /** `init` reserves what it needs, not all of it. */
  isSparse?: boolean | undefined;
  /** Fills the memory, which nobody else sees yet: all zeros. `name`: with its leading slash. */
  init(mapping: Mapping, name: string): void;
}

/** One that is open, and its name with the leading slash. */
export interface Named<T> {
  opened: T;
  name: string;
}

const EEXIST = -errnoOf('EEXIST');
const ENOENT = -errnoOf('ENOENT');

function isTemporary<T>(kind: NamedKind<T>, opened: T): boolean {
  return kind.isTemporary?.(opened) ?? false;
}

/** All parts of what is open refer to the mapping: so the name is used as long as any of them. */
function useName(mapping: Mapping, fd: number, name: string): void {
  const use = new NameUse(fd, name);
  whenClosed(mapping, () => {
    use.end();
  });
}

function inObject<T>(kind: NamedKind<T>, fd: number, name: string, making?: Making): T {
  const window = { offset: 0, length: making?.bytes, access: 'write' } as const;
  const mapping = mapDescriptor(fd, window, name, making?.bytes);
  try {
    making?.init(mapping, name);
    const opened = kind.open(mapping, name);
    if (isTemporary(kind, opened)) useName(mapping, fd, name);
    return opened;
  } catch (error) {
    mapping.close();
    throw error;
  }
}

/** Gives it its size, and its memory. */
function size(fd: number, name: string, { bytes, isSparse = false }: Making): void {
  if (!isSparse) {
    reserveSync(fd, 0, bytes, failureOf('posix_fallocate', name));
    return;
  }
  const result = native.ftruncate(fd, bytes);
  if (result < 0) throw failureOf('ftruncate', name)(result);
}

function giveTo(fd: number, name: string, owner: Owner | undefined): void {
  if (owner === undefined) return;
  try {
    fchownSync(fd, ...owner);
  } catch (error) {
    throw failureOf('fchown', name)((error as NodeJS.ErrnoException).errno ?? 0);
  }
}

/** It appears whole, with its mode; or a negated errno if there can be none of that name. */
function make<T>(kind: NamedKind<T>, name: string, making: Making): Named<T> | number {
  const begun = begin(name, making.bytes);
  if (typeof begun === 'number') return begun;
  const { descriptor } = begun;
  let opened: T;
  try {
    size(descriptor.number, name, making);
    giveTo(descriptor.number, name, making.owner);
    opened = inObject(kind, descriptor.number, name, making);
  } catch (error) {
    abandon(begun);
    throw error;
  }
  const completed = complete(begun, making.mode);
  if (typeof completed === 'number') {
    kind.discard(opened);
    return completed;
  }
  descriptor.close();
  return { opened, name };
}

/** The one of that name, or a negated errno. */
function find<T>(kind: NamedKind<T>, name: string): Named<T> | number {
  const handle = native.shmOwned(name, constants.O_RDWR, 0);
  if (handle < 0) return handle;
  const descriptor = new OwnedDescriptor(handle);
  const fd = descriptor.number;
  try {
    if (native.fileSize(fd) < kind.bytes) throw kind.tooSmall(name);
    const opened = inObject(kind, fd, name);
    if (!isTemporary(kind, opened) || fstatSync(fd).nlink > 0) return { opened, name };
    kind.discard(opened); // the last one has removed it meanwhile
    return ENOENT;
  } finally {
    descriptor.close();
  }
}

/** A new one, of a random name when none is given; EEXIST if there is one of this name. */
export function createNamed<T>(
  kind: NamedKind<T>,
  name: string | undefined,
  making: Making,
): Named<T> {
  const given = name === undefined ? undefined : nameOf(name);
  for (;;) {
    const chosen = given ?? randomName();
    const made = make(kind, chosen, making);
    if (typeof made !== 'number') return made;
    if (made !== EEXIST || given !== undefined) throw failureOf('shm_open', chosen)(made);
  }
}

/** The one of a name; ENOENT if none. */
export function openNamed<T>(kind: NamedKind<T>, name: string): Named<T> {
  const checked = nameOf(name);
  const found = find(kind, checked);
  if (typeof found === 'number') throw failureOf('shm_open', checked)(found);
  return found;
}

/** The one of a name, or a new one. */
export function openOrCreateNamed<T>(
  kind: NamedKind<T>,
  name: string | undefined,
  making: Making,
): Named<T> {
  if (name === undefined) return createNamed(kind, name, making);
  const checked = nameOf(name);
  for (;;) {
    const found = find(kind, checked);
    if (typeof found !== 'number') return found;
    if (found !== ENOENT) throw failureOf('shm_open', checked)(found);
    const made = make(kind, checked, making);
    if (typeof made !== 'number') return made;
    if (made !== EEXIST) throw failureOf('shm_open', checked)(made);
  }
}
