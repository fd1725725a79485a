/** POSIX shared memory and mappings as the rows need them: small, and with results to compare. */

import { fstatSync, readSync, writeSync } from 'node:fs';

import { memory, posix } from 'posix-ipc';
import { MAP_SHARED, mmap, O_RDWR, PROT_READ, PROT_WRITE, shm_open } from 'posix-ipc/syscalls';

import { adoptMapping } from '../support/mappings';
import { adoptName, adoptShared, shared } from '../support/shared-memory';
import { adoptDescriptor } from './descriptors';

export const PAGE = 4096;
export const BOTH = PROT_READ | PROT_WRITE;

let last = 0;

/** A name that no object has; it ends with a number by which /proc tells who waits in its memory. */
export function unusedObject(): { key: string; id: number } {
  last++;
  const id = process.pid * 1000 + last;
  return { key: adoptName(`/conformance-object-${String(id)}`), id };
}

/** The name of a new object that nobody has open. */
export function objectNamed(size = PAGE, mode = 0o600): string {
  const object = shared(size, { mode });
  object.close();
  return object.name;
}

/** A descriptor of a new object. */
export function objectOf(size = PAGE, flags = O_RDWR): number {
  return adoptDescriptor(shm_open(objectNamed(size), flags, 0));
}

export function openedObject(
  name: string,
  options?: posix.OpenSharedMemoryOptions,
): posix.SharedMemory {
  return adoptShared(posix.SharedMemory.openSync(name, options));
}

/** mmap of a page, which is unmapped after the test. */
export function mapOf(fd: number, prot = BOTH, flags = MAP_SHARED, length = PAGE): memory.Mapping {
  return adoptMapping(mmap(null, length, prot, flags, fd, 0));
}

/** The same with the class. */
export async function mappedObject(
  fd: number,
  options?: memory.MapOptions,
): Promise<memory.Mapping> {
  return adoptMapping(await memory.map(fd, options));
}

/** Text at the beginning of memory, up to a null byte. */
export function textOf(mapping: memory.Mapping): string {
  return upToNull(mapping.read());
}

function upToNull(bytes: Buffer): string {
  return bytes.toString('utf8', 0, bytes.indexOf(0));
}

export function sumOf(mapping: memory.Mapping): number {
  return mapping.read().reduce((sum, byte) => sum + byte, 0);
}

export function textInFile(fd: number): string {
  const bytes = Buffer.alloc(PAGE);
  readSync(fd, bytes, 0, PAGE, 0);
  return upToNull(bytes);
}

export function writeToFile(fd: number, text: string, offset = 0): void {
  writeSync(fd, `${text}\0`, offset);
}

export function modeOf(fd: number): string {
  return (fstatSync(fd).mode & 0o777).toString(8);
}
