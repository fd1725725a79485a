/** Windows of what a descriptor stands for. */

import { native } from '../native';
import { check, outOfRange, SystemError } from './error';
import { adoptMapping, type Mapping } from './mapping';
import type { MappingAccess } from './mapping-options';
import { memoryHint } from './memory-hints';
import { MAP_NORESERVE, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE } from './mmap-constants';

/** How a file can be mapped. */
export type FileAccess = Exclude<MappingAccess, 'none'>;

/** A checked window. */
export interface Window {
  offset: number;
  /** Undefined: to the end. */
  length: number | undefined;
  access: FileAccess;
}

/** What fileSize answers for what is no regular file. */
const noSize = Number.MAX_SAFE_INTEGER;

/** S_IFMT of what no kernel maps: directories, FIFOs, sockets. */
const unmappable = new Set([0o040000, 0o010000, 0o140000]);

/**
 * A private mapping is what reading needs: it shows what the object has, and a stray write through
 * a view changes a page of this process instead of ending it.
 */
function flagsOf(access: FileAccess): number {
  return access === 'write' ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE;
}

/** Checks a window against what is there. */
function lengthOf(size: number, { offset, length }: Window): number {
  if (size === noSize) {
    if (length === undefined) throw outOfRange('options.length', 'given for a device', length);
    return length;
  }
  if (offset >= size) {
    throw outOfRange('options.offset', `less than the size, ${String(size)} bytes`, offset);
  }
  const most = size - offset;
  if (length !== undefined && length > most) {
    throw outOfRange('options.length', `at most ${String(most)}, the bytes from there on`, length);
  }
  return length ?? most;
}

/**
 * Maps a window of an open file. `known`: the size of one that this process has just made, in pages of
 * the usual size.
 */
export function mapDescriptor(fd: number, window: Window, path?: string, known?: number): Mapping {
  const { offset, access } = window;
  const size = known ?? check(native.fileSize(fd), 'fstat', { path });
  if (size === noSize && unmappable.has(native.fileType(fd))) {
    throw new SystemError('ENODEV', 'mmap', { path });
  }
  const length = lengthOf(size, window);
  const prot = PROT_READ | PROT_WRITE;
  const whole = known !== undefined;
  const handle = native.mmapWindow(length, prot, flagsOf(access), fd, offset, whole);
  if (handle < 0) {
    throw new SystemError(handle, 'mmap', { path, hint: memoryHint(handle, 'mmap') });
  }
  return adoptMapping(handle, { length, access, path, isPrivate: access !== 'write' });
}
