/**
 * mmap and what belongs to it. What C has as an address is a Mapping here: its `buffer` is the
 * memory, where it may be written. A part of it is an offset and a length.
 */

import { check, invalidType, outOfRange } from '../core/error';
import {
  adoptMapping,
  handleOf,
  protectMapping,
  resizeMapping,
  type Mapping,
} from '../core/mapping';
import { accessOf } from '../core/mapping-options';
import { MAP_ANONYMOUS, MAP_PRIVATE } from '../core/mmap-constants';
import { native } from '../native';

export * from '../core/memfd-constants';
export * from '../core/mmap-constants';

/** What offsets and lengths of the kernel are rounded to. */
export const PAGE_SIZE = native.pageSize;

function exactly(name: string, value: number, whole: number): void {
  if (typeof value !== 'number') throw invalidType(name, 'an integer', value);
  if (value !== whole) throw outOfRange(name, `the whole mapping, ${String(whole)}`, value);
}

/**
 * mmap - map a file or anonymous memory. `addr` is null: the kernel chooses.
 *
 * The mapping has a buffer if it is readable and writable and the file reaches as far; `read` and
 * `write` copy. MAP_FIXED and MAP_GROWSDOWN are refused.
 * Errors: EACCES, EBADF, EINVAL, ENODEV, ENOMEM, EPERM. Source: mmap(2).
 *
 * ```js
 * const memory = mmap(null, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
 * memory.bytes.write('hello');
 * munmap(memory, 4096);
 * ```
 */
export function mmap(
  addr: null,
  length: number,
  prot: number,
  flags: number,
  fd: number,
  offset: number,
): Mapping {
  const address: unknown = addr;
  if (address !== null) throw invalidType('addr', 'null', address);
  const handle = check(native.mmap(length, prot, flags, fd, offset), 'mmap');
  const isPrivate = (flags & MAP_TYPE) === MAP_PRIVATE && (flags & MAP_ANONYMOUS) === 0;
  const access = accessOf(prot);
  return adoptMapping(handle, {
    length,
    access: isPrivate && access === 'write' ? 'copy-on-write' : access,
    isPrivate,
  });
}

/** The bits of the flags that tell how it is shared: MAP_SHARED_VALIDATE is both of the others. */
const MAP_TYPE = 0x0f;

/** munmap - unmap all of a mapping; `length` is its length. Source: munmap(2). */
export function munmap(addr: Mapping, length: number): void {
  handleOf(addr, 'addr');
  exactly('length', length, addr.length);
  addr.close();
}

/** mprotect - change the protection of all of a mapping. Errors: EACCES, EBUSY, EINVAL, ENOMEM. Source: mprotect(2). */
export function mprotect(addr: Mapping, len: number, prot: number): void {
  handleOf(addr, 'addr');
  exactly('len', len, addr.length);
  check(protectMapping(addr, prot), 'mprotect');
}

/**
 * mremap - change the length of a mapping; it moves if it has to, `flags` is MREMAP_MAYMOVE.
 *
 * Errors: EBUSY, EINVAL, ENOMEM, ENXIO (nothing is mapped that far). Source: mremap(2).
 */
export function mremap(addr: Mapping, old_size: number, new_size: number, flags: number): void {
  handleOf(addr, 'addr');
  exactly('old_size', old_size, addr.length);
  if (flags !== MREMAP_MAYMOVE) throw outOfRange('flags', 'MREMAP_MAYMOVE', flags);
  check(resizeMapping(addr, new_size), 'mremap');
}

/** The mapping may move. */
export const MREMAP_MAYMOVE = 1;

/** msync - write `length` bytes from `offset` on back to the file. Errors: EBUSY, EINVAL, EIO, ENOMEM. Source: msync(2). */
export function msync(addr: Mapping, length: number, flags: number, offset = 0): void {
  check(native.msync(handleOf(addr, 'addr'), offset, length, 0, flags), 'msync');
}

/**
 * madvise - tell how `length` bytes from `offset` on will be used.
 *
 * What would make a touch of the memory end the process (MADV_HWPOISON, MADV_GUARD_INSTALL) is
 * refused. Errors: EBADF, EINVAL, ENOMEM. Source: madvise(2).
 */
export function madvise(addr: Mapping, length: number, advice: number, offset = 0): void {
  check(native.madvise(handleOf(addr, 'addr'), offset, length, 0, advice), 'madvise');
}

/** mlock - keep pages in memory. Errors: EAGAIN, ENOMEM, EPERM. Source: mlock(2). */
export function mlock(addr: Mapping, len: number, offset = 0): void {
  check(native.mlock2(handleOf(addr, 'addr'), offset, len, 0), 'mlock');
}

/** munlock - let pages go again. Source: mlock(2). */
export function munlock(addr: Mapping, len: number, offset = 0): void {
  check(native.munlock(handleOf(addr, 'addr'), offset, len), 'munlock');
}

/** mincore - one byte of `vec` per page, bit 0: it is in memory. Errors: EINVAL. Source: mincore(2). */
export function mincore(addr: Mapping, length: number, vec: Uint8Array, offset = 0): void {
  check(native.mincore(handleOf(addr, 'addr'), offset, length, 0, vec), 'mincore');
}

/** ftruncate - set the length of a file. Errors: EBADF, EFBIG, EINVAL, EPERM. Source: ftruncate(2). */
export function ftruncate(fd: number, length: number): void {
  check(native.ftruncate(fd, length), 'ftruncate');
}

/** posix_fallocate - reserve room in a file. Errors: EBADF, EFBIG, EINTR, EINVAL, ENOSPC. Source: posix_fallocate(3). */
export function posix_fallocate(fd: number, offset: number, len: number): void {
  check(native.posixFallocate(fd, offset, len), 'posix_fallocate');
}

/** memfd_create - a file in memory: its descriptor. Errors: EINVAL, EMFILE, ENOMEM. Source: memfd_create(2). */
export function memfd_create(name: string, flags: number): number {
  return check(native.memfdCreate(name, flags), 'memfd_create', { path: name });
}
