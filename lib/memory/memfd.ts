import { statfsSync } from 'node:fs';

import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { Closable } from '../core/closable';
import { check, errnoOf, invalidType, SystemError } from '../core/error';
import { mapDescriptor } from '../core/map-descriptor';
import type { Mapping } from '../core/mapping';
import { word } from '../core/mapping-options';
import { fileSizeHint } from '../core/memory-hints';
import {
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  MFD_HUGE_1GB,
  MFD_HUGE_2MB,
  MFD_HUGETLB,
} from '../core/memfd-constants';
import { integer, listOf, optionsOf } from '../core/options';
import { descriptorOf, OwnedDescriptor, type FromFdOptions } from '../core/owned-descriptor';
import { printedAs } from '../core/printed';
import { promised } from '../core/promised';
import { inUse, isMappedBeyond, reserve, reserveSync, Resizing } from '../core/storage';
import { windowOf, type WindowOptions } from '../core/window';
import { native } from '../native';

const sealNumbers = {
  seal: F_SEAL_SEAL,
  shrink: F_SEAL_SHRINK,
  grow: F_SEAL_GROW,
  write: F_SEAL_WRITE,
  'future-write': F_SEAL_FUTURE_WRITE,
};

/** What can never be done again to a memfd, by anybody. */
export type Seal = keyof typeof sealNumbers;

/** What a memfd is made with. */
export interface MemfdOptions {
  /** Length in bytes; all of it is reserved. Default 0. */
  size?: number | undefined;
  /** What is sealed at once. Default: `'shrink'` where there is a size, so that nobody can cut it. */
  seals?: Iterable<Seal> | undefined;
  /** Pages of the reserved pool (vm.nr_hugepages); `size` is then a multiple of theirs. */
  hugePages?: 'reserved' | '2MiB' | '1GiB' | undefined;
}

const hugeFlags: Record<NonNullable<MemfdOptions['hugePages']>, number> = {
  reserved: MFD_HUGETLB,
  '2MiB': MFD_HUGETLB | MFD_HUGE_2MB,
  '1GiB': MFD_HUGETLB | MFD_HUGE_1GB,
};

const EINVAL = -errnoOf('EINVAL');
const ENOSPC = -errnoOf('ENOSPC');
const ENOMEM = -errnoOf('ENOMEM');
const EPERM = -errnoOf('EPERM');
const EFBIG = -errnoOf('EFBIG');
const EBUSY = -errnoOf('EBUSY');

interface Plan {
  name: string;
  size: number;
  seals: number;
  flags: number;
}

function sealsOf(seals: Iterable<Seal>): number {
  return [...listOf('options.seals', seals)].reduce(
    (all, one) => all | word('options.seals', sealNumbers, one),
    0,
  );
}

function usualSeals(bytes: number): number {
  return bytes > 0 ? F_SEAL_SHRINK : 0;
}

function planOf(name: string, options: MemfdOptions | undefined): Plan {
  const { size = 0, seals, hugePages } = optionsOf(options);
  if (typeof name !== 'string') throw invalidType('name', 'a string', name);
  const bytes = integer('options.size', size, 0, Number.MAX_SAFE_INTEGER);
  const huge = hugePages === undefined ? 0 : word('options.hugePages', hugeFlags, hugePages);
  return {
    name,
    size: bytes,
    seals: seals === undefined ? usualSeals(bytes) : sealsOf(seals),
    flags: MFD_CLOEXEC | MFD_ALLOW_SEALING | huge,
  };
}

const hints = new Map([
  [EPERM, 'it is sealed against that'],
  [ENOMEM, 'there is not as much memory'],
  [
    EBUSY,
    'it is mapped to be written; close those mappings first, whose memory goes in a later turn of the event loop',
  ],
]);

const poolHint = 'huge pages of that size have to be reserved before: sysctl -w vm.nr_hugepages=N';

/** In <linux/magic.h>. */
const HUGETLBFS_MAGIC = 0x958458f6;

function hintOf(error: number): string | undefined {
  return error === EFBIG ? fileSizeHint() : hints.get(error);
}

/** Whether it has pages of the reserved pool, whoever made it. */
function isHuge(fd: number): boolean {
  try {
    return statfsSync(`/proc/self/fd/${String(fd)}`).type === HUGETLBFS_MAGIC;
  } catch {
    return false;
  }
}

function failureOf(fd: number, path: string | undefined): (error: number) => SystemError {
  return (error) => {
    const isOfPool = (error === ENOSPC || error === ENOMEM) && isHuge(fd);
    const hint = isOfPool ? poolHint : hintOf(error);
    return new SystemError(error, 'posix_fallocate', { path, hint });
  };
}

/** Throws where a descriptor is that of no memfd. */
function examine(fd: number): void {
  const result = native.getSeals(fd);
  check(result, 'fcntl', { fd, hint: result === EINVAL ? 'it is no memfd' : undefined });
}

/**
 * A file in memory that has no name in any file system: who is given its descriptor has it.
 *
 * Pass `fd` to a child through its `stdio`, or over a Unix socket. Sealed against shrinking, as it
 * is by default, no process can make a touch of its mappings end another one. Source:
 * memfd_create(2).
 *
 * ```js
 * using file = memory.memfdSync('frames', { size: 1 << 20 });
 * spawn(process.execPath, ['child.js'], { stdio: ['ignore', 'inherit', 'inherit', file.fd] });
 * // child.js: using file = memory.Memfd.fromFdSync(3); using mapping = file.mapSync();
 * ```
 */
export class Memfd extends Closable {
  readonly #descriptor: OwnedDescriptor;
  readonly #name: string | undefined;
  readonly #resizing = new Resizing();

  static {
    printedAs(this.prototype, (file) => {
      if (!(#descriptor in file)) return {};
      return { fd: file.closed ? undefined : file.#descriptor.number, name: file.#name };
    });
  }

  private constructor(by: ByOpener, descriptor: OwnedDescriptor, name: string | undefined) {
    checkOpener(by, Memfd);
    super('memfd');
    this.#descriptor = descriptor;
    this.#name = name;
  }

  /** As `memory.memfd`. */
  static async create(name: string, options?: MemfdOptions): Promise<Memfd> {
    const plan = planOf(name, options);
    const made = Memfd.#begin(plan);
    try {
      if (plan.size > 0)
        await reserve(made.fd, 0, plan.size, failureOf(made.fd, name), openers.create);
      made.#add(plan.seals);
      return made;
    } catch (error) {
      made.close();
      throw error;
    }
  }

  /** As `memory.memfdSync`. */
  static createSync(name: string, options?: MemfdOptions): Memfd {
    const plan = planOf(name, options);
    const made = Memfd.#begin(plan);
    try {
      if (plan.size > 0) reserveSync(made.fd, 0, plan.size, failureOf(made.fd, name));
      made.#add(plan.seals);
      return made;
    } catch (error) {
      made.close();
      throw error;
    }
  }

  /**
   * Takes over a descriptor that somebody passed: it is closed with this object. With `own: false` it
   * stays the caller's, and the object has a copy.
   *
   * Errors: EBADF, EINVAL (not a memfd), ERR_OUT_OF_RANGE (another object owns it). Source: fcntl(2),
   * F_GET_SEALS.
   */
  static fromFd(fd: number, options?: FromFdOptions): Promise<Memfd> {
    return promised(() => Memfd.fromFdSync(fd, options));
  }

  /** As `fromFd`, at once. */
  static fromFdSync(fd: number, options?: FromFdOptions): Memfd {
    return new Memfd(byOpener, descriptorOf(fd, options, examine), undefined);
  }

  /** The descriptor; it belongs to this object. */
  get fd(): number {
    this.checkOpen();
    return this.#descriptor.number;
  }

  /** Its size in bytes now. */
  get size(): number {
    return check(native.fileSize(this.fd), 'fstat', { path: this.#name });
  }

  /** What it is sealed against, by anybody. */
  get seals(): Seal[] {
    const set = check(native.getSeals(this.fd), 'fcntl', { path: this.#name });
    return Object.entries(sealNumbers).flatMap(([name, bit]) =>
      (set & bit) === 0 ? [] : [name as Seal],
    );
  }

  /**
   * Seals it against more; that cannot be undone. `'seal'` forbids further seals.
   *
   * Errors: EPERM (sealed against that), EBUSY (`'write'` while it is mapped to be written: memory
   * that had a view is so until a later turn of the event loop). Source: fcntl(2), F_ADD_SEALS.
   */
  seal(...seals: Seal[]): void {
    this.#add(sealsOf(seals));
  }

  /**
   * Changes the size; what is new is zero and reserved. Errors: EPERM (sealed), ENOSPC, ENOMEM,
   * EBUSY (this process has mapped what would be cut off, or another `resize` of this object goes on).
   * Another process that has mapped what is cut off ends with SIGBUS: see `'shrink'`.
   */
  async resize(size: number): Promise<void> {
    const more = this.#growth(size);
    if (more > 0) {
      const { fd } = this;
      const reserving = reserve(fd, this.size, more, failureOf(fd, this.#name), methods.resize);
      await this.#resizing.during(reserving);
    }
  }

  /** As `resize`, at once. */
  resizeSync(size: number): void {
    const more = this.#growth(size);
    if (more > 0) reserveSync(this.fd, this.size, more, failureOf(this.fd, this.#name));
  }

  /** Maps a window of it; `access` is `'write'` by default. Errors: as `memory.map`; EPERM (sealed). */
  map(options?: WindowOptions): Promise<Mapping> {
    return promised(() => this.mapSync(options));
  }

  /** As `map`, at once. */
  mapSync(options?: WindowOptions): Mapping {
    return mapDescriptor(this.fd, windowOf(options, 'write'), this.#name);
  }

  /** Mappings stay, and the memory as long as anybody has either. */
  protected release(): void {
    this.#descriptor.close();
  }

  static #begin({ name, flags }: Plan): Memfd {
    const hint = (flags & MFD_HUGETLB) === 0 ? nameHint : undefined;
    const handle = native.memfdOwned(name, flags);
    if (handle < 0) {
      const context = { path: name, hint: handle === EINVAL ? hint : undefined };
      throw new SystemError(handle, 'memfd_create', context);
    }
    return new Memfd(byOpener, new OwnedDescriptor(handle), name);
  }

  #add(seals: number): void {
    const result = native.addSeals(this.fd, seals);
    if (result >= 0) return;
    throw new SystemError(result, 'fcntl', { path: this.#name, hint: hints.get(result) });
  }

  /** Where it is sealed, that is what the kernel says. */
  #cut(size: number): void {
    const path = this.#name;
    if (!this.seals.includes('shrink') && isMappedBeyond(this.fd, size))
      throw new SystemError('EBUSY', 'ftruncate', { path, hint: inUse() });
    const result = native.ftruncate(this.fd, size);
    if (result < 0) throw new SystemError(result, 'ftruncate', { path, hint: hints.get(result) });
  }

  /** Cuts what is too much; answers how much is missing. */
  #growth(size: number): number {
    const [before, after] = [this.size, integer('size', size, 0, Number.MAX_SAFE_INTEGER)];
    this.#resizing.check(this.#name);
    if (after < before) this.#cut(after);
    return Math.max(after - before, 0);
  }
}

const nameHint = 'a name has at most 249 bytes';

/** Where the stack of an error begins: at the caller of one of these. */
const openers: Record<'create', unknown> = { create: memfd };
const methods: Record<'resize', unknown> = Memfd.prototype;

/**
 * Makes a file in memory. `name` is only seen in /proc; several may have the same.
 *
 * The kernel sets no limit of its own: more than is available is refused here (ENOMEM).
 * Errors: ENOMEM, EMFILE, EINVAL (a name of more than 249 bytes). Source: memfd_create(2).
 */
export function memfd(name: string, options?: MemfdOptions): Promise<Memfd> {
  return Memfd.create(name, options);
}

/** As `memfd`, at once. */
export function memfdSync(name: string, options?: MemfdOptions): Memfd {
  return Memfd.createSync(name, options);
}
