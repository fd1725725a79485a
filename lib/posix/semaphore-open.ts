import { check, errnoOf, outOfRange, SystemError } from '../core/error';
import { handleOf, type Mapping } from '../core/mapping';
import { memoryHint } from '../core/memory-hints';
import { checkName, randomName } from '../core/name';
import { fileMode, integer, optionsOf } from '../core/options';
import { folderHint } from '../core/shared-object';
import { native } from '../native';
import { O_CREAT, O_EXCL, SEM_VALUE_MAX } from './constants';

/** What a semaphore is made with. */
export interface SemaphoreOptions {
  /** How often it can be taken at first: 0 (the default) to 2^31 - 1. */
  value?: number | undefined;
  /** Permission bits, exactly, whatever the umask. Who uses it must read and write. Default 0o600. */
  mode?: number | undefined;
}

/** A semaphore that was just opened or made. */
export interface OpenedSemaphore {
  handle: number;
  name: string;
}

/** What glibc takes: the file is called sem.NAME. */
const longestName = 251;

/** sizeof(sem_t) of 64-bit libcs. */
const semaphoreBytes = 32;

const EEXIST = -errnoOf('EEXIST');
const EINVAL = -errnoOf('EINVAL');

function hintOf(error: number): string | undefined {
  if (error === EINVAL) return 'the file of that name in /dev/shm holds no semaphore';
  return memoryHint(error, 'mmap') ?? folderHint(error); // sem_open maps it
}

function failure(error: number, name: string): SystemError {
  return new SystemError(error, 'sem_open', { path: name, hint: hintOf(error) });
}

function make(name: string, flags: number, options: SemaphoreOptions | undefined): number {
  const { value = 0, mode = 0o600 } = optionsOf(options);
  integer('options.value', value, 0, SEM_VALUE_MAX);
  return native.semOpen(name, flags, fileMode('options.mode', mode), true, value);
}

/** A new semaphore; EEXIST if there is one of this name. */
export function create(
  name: string | undefined,
  options: SemaphoreOptions | undefined,
): OpenedSemaphore {
  const given = name === undefined ? undefined : semaphoreName(name);
  for (;;) {
    const chosen = given ?? randomName();
    const handle = make(chosen, O_CREAT | O_EXCL, options);
    if (handle >= 0) return { handle, name: chosen };
    if (handle !== EEXIST || given !== undefined) throw failure(handle, chosen);
  }
}

/** The semaphore of a name; ENOENT if none. */
export function open(name: string): OpenedSemaphore {
  const checked = semaphoreName(name);
  const handle = native.semOpen(checked, 0, 0, false, 0);
  if (handle < 0) throw failure(handle, checked);
  return { handle, name: checked };
}

/** The semaphore of a name, or a new one. */
export function openOrCreate(
  name: string | undefined,
  options: SemaphoreOptions | undefined,
): OpenedSemaphore {
  if (name === undefined) return create(name, options);
  const checked = semaphoreName(name);
  const handle = make(checked, O_CREAT, options);
  if (handle < 0) throw failure(handle, checked);
  return { handle, name: checked };
}

/** The semaphore in a mapping: with a value it is made there. */
export function openAt(
  mapping: Mapping,
  byteOffset: number,
  options: { value?: number | undefined } | undefined,
): OpenedSemaphore {
  const { value } = optionsOf(options); // first: what is read may close the mapping
  const memory = handleOf(mapping);
  if (mapping.access !== 'write') {
    throw outOfRange('mapping.access', "'write'", `'${mapping.access}'`);
  }
  if (mapping.length < semaphoreBytes) {
    throw outOfRange('mapping.length', `at least ${String(semaphoreBytes)} bytes`, mapping.length);
  }
  const offset = integer('byteOffset', byteOffset, 0, mapping.length - semaphoreBytes);
  if (value === undefined) {
    const handle = native.semAt(memory, offset);
    const hint = handle === EINVAL ? 'nobody has made a semaphore there' : undefined;
    if (handle < 0) throw new SystemError(handle, 'sem_init', { hint });
    return { handle, name: '' };
  }
  const shared = 1;
  const first = integer('options.value', value, 0, SEM_VALUE_MAX);
  return { handle: check(native.semInit(memory, offset, shared, first), 'sem_init'), name: '' };
}

export function semaphoreName(name: string): string {
  return checkName(name, longestName);
}
