import { constants } from 'node:buffer';

import { byOpener, checkOpener, type ByOpener } from './by-opener';
import { native } from '../native';
import { Closable } from './closable';
import { errnoOf, invalidType, outOfRange } from './error';
import {
  accessOf,
  adviceOf,
  protectionOf,
  rangeOf,
  syncPlan,
  viewClass,
  type Advice,
  type MappingAccess,
  type MappingRange,
  type MappingTraits,
  type Protection,
  type SyncOptions,
  type ViewClass,
} from './mapping-options';
import { noView, notThere } from './memory-hints';
import { Pages, type Residency } from './mapping-pages';
import { bytesOf, integer, memoryOf, type Data } from './options';
import { printedAs } from './printed';
import { promised } from './promised';

const ENXIO = -errnoOf('ENXIO');
const EBUSY = -errnoOf('EBUSY');

/** Forgets the native half of a mapping that nobody closed; its buffer lives as long as it is used. */
const dropped = new FinalizationRegistry<number>((handle) => {
  native.releaseMapping(handle);
});

/** For the other classes of this package: how they make and use mappings. */
export let adoptMapping: (handle: number, traits: MappingTraits) => Mapping;
/** The native handle of an open mapping. Throws ClosedError; `name` is that of the argument. */
export let handleOf: (mapping: Mapping, name?: string) => number;
/** mprotect(2) with a number, or mremap(2): 0 or a negated errno. */
export let protectMapping: (mapping: Mapping, prot: number) => number;
export let resizeMapping: (mapping: Mapping, length: number) => number;
/** What can be asked of its pages. */
export let pagesOf: (mapping: Mapping) => Pages;
/** Calls back when the mapping is closed; answers how to undo that. */
export let whenClosed: (mapping: Mapping, callback: () => void) => () => void;

/**
 * Memory of this process that is a window of a file, of shared memory, or of nothing else.
 *
 * `buffer` is one ArrayBuffer over it: typed arrays, DataViews, Buffers and Atomics work on the
 * memory itself. `close()` empties it and all its views; nobody can reach the memory afterwards.
 *
 * A view is only had of memory that may be written, because writing through a view of other memory
 * would end the process. `read`, `readInto` and `write` copy, and work wherever the kernel allows
 * it: they answer EFAULT where a view would be a signal, also when another process has truncated
 * the file. Source: mmap(2).
 *
 * ```js
 * using mapping = memory.mapSync('data.bin', { access: 'write' });
 * const counters = mapping.view(Int32Array);
 * Atomics.add(counters, 0, 1);
 * await mapping.sync();
 * ```
 */
export class Mapping extends Closable {
  readonly #handle: number;
  readonly #pages: Pages;
  readonly #isPrivate: boolean;
  readonly #listeners = new Set<() => void>();
  #length: number;
  #access: MappingAccess;
  #buffer: ArrayBuffer | undefined;
  #bytes: Buffer | undefined;

  static {
    adoptMapping = (handle, traits) => new Mapping(byOpener, handle, traits);
    handleOf = (mapping, name = 'mapping') => {
      const given: unknown = mapping;
      const isMapping = typeof given === 'object' && given !== null && #handle in given;
      if (!isMapping) throw invalidType(name, 'a Mapping', mapping);
      mapping.checkOpen();
      return mapping.#handle;
    };
    protectMapping = (mapping, prot) => mapping.#protect(prot);
    resizeMapping = (mapping, length) => mapping.#resize(length);
    pagesOf = (mapping) => mapping.#pages;
    whenClosed = (mapping, callback) => {
      mapping.#listeners.add(callback);
      return () => mapping.#listeners.delete(callback);
    };
    printedAs(this.prototype, (mapping) => {
      return #handle in mapping ? { length: mapping.length, access: mapping.access } : {};
    });
  }

  private constructor(by: ByOpener, handle: number, traits: MappingTraits) {
    checkOpener(by, Mapping);
    super('mapping');
    const { length, access, path, isPrivate = false } = traits;
    this.#handle = handle;
    this.#length = length;
    this.#access = access;
    this.#isPrivate = isPrivate;
    this.#pages = new Pages(handle, path, access === 'read' || access === 'copy-on-write');
    dropped.register(this, handle, this);
  }

  // ---- the memory

  /** Length in bytes; 0 when it is closed. */
  get length(): number {
    return this.#length;
  }

  /** What this process may do with the memory. */
  get access(): MappingAccess {
    return this.#access;
  }

  /**
   * The memory itself, always the same ArrayBuffer until `close`, `resize` or `protect` empties it.
   *
   * Errors: EACCES (no write access, or the file is shorter than the mapping: a view could end the
   * process), ERR_OUT_OF_RANGE (longer than an ArrayBuffer can be), ERR_CLOSED.
   */
  get buffer(): ArrayBuffer {
    this.checkOpen();
    this.#buffer ??= this.#makeBuffer();
    return this.#buffer;
  }

  /** A Buffer over the memory, always the same one. Errors: as `buffer`. */
  get bytes(): Buffer {
    const { buffer } = this;
    if (this.#bytes?.buffer !== buffer) this.#bytes = Buffer.from(buffer);
    return this.#bytes;
  }

  /**
   * A typed array or a DataView over a part of the memory.
   *
   * `byteOffset` is in bytes, `length` in elements (bytes for a DataView); by default all that fits.
   * Errors: as `buffer`; ERR_OUT_OF_RANGE (outside, or not aligned to the element's size).
   *
   * ```js
   * const words = mapping.view(Int32Array, 64, 16);
   * ```
   */
  view<V extends NodeJS.ArrayBufferView>(
    type: ViewClass<V> & { readonly BYTES_PER_ELEMENT?: number },
    byteOffset = 0,
    length?: number,
  ): V {
    const { BYTES_PER_ELEMENT: size = 1 } = viewClass(type);
    const offset = integer('byteOffset', byteOffset, 0, this.#length);
    if (offset % size !== 0) {
      throw outOfRange('byteOffset', `a multiple of ${String(size)}`, offset);
    }
    const most = Math.floor((this.#length - offset) / size);
    const count = length === undefined ? most : integer('length', length, 0, most);
    return new type(this.buffer, offset, count);
  }

  /**
   * Copies a part of the memory into a Buffer of its own; by default all of it.
   *
   * Errors: EFAULT (no access, or the file was truncated), ERR_OUT_OF_RANGE, ERR_CLOSED.
   */
  read(offset = 0, length?: number): Buffer {
    this.checkOpen();
    const range = rangeOf({ offset, length }, this.#length, '');
    const copy = Buffer.allocUnsafeSlow(range.length);
    this.#copied(native.readMapping(this.#handle, range.offset, copy), range.length, 'read');
    return copy;
  }

  /** Copies as many bytes as `memory` has into it, from an offset on. Errors: as `read`. */
  readInto(memory: Exclude<Data, string>, offset = 0): number {
    this.checkOpen();
    const into = memoryOf('memory', memory);
    const from = integer('offset', offset, 0, this.#length);
    this.#checkFits('memory', into.length, from);
    this.#copied(native.readMapping(this.#handle, from, into), into.length, 'read');
    return into.length;
  }

  /**
   * Copies bytes into the memory, at an offset; text goes as UTF-8. Answers how many bytes.
   *
   * Errors: EFAULT (no write access, or the file was truncated), ERR_OUT_OF_RANGE, ERR_CLOSED.
   */
  write(data: Data, offset = 0): number {
    this.checkOpen();
    const from = bytesOf('data', data);
    const to = integer('offset', offset, 0, this.#length);
    this.#checkFits('data', from.length, to);
    this.#copied(native.writeMapping(this.#handle, to, from), from.length, 'write');
    return from.length;
  }

  // ---- the pages

  /**
   * Writes changes back to the file; resolves when the device has them. The event loop goes on.
   *
   * The range grows to whole pages. A sync that has begun goes on when the mapping is closed.
   * Errors: EBUSY (`invalidate` of locked pages), EIO, ENOMEM. Source: msync(2).
   */
  async sync(options?: SyncOptions): Promise<void> {
    this.checkOpen();
    await this.#pages.sync(this.#stillOpen(syncPlan(options, this.#length)), methods.sync);
  }

  /** As `sync`, blocking the thread. */
  syncSync(options?: SyncOptions): void {
    this.checkOpen();
    this.#pages.syncSync(this.#stillOpen(syncPlan(options, this.#length)));
  }

  /**
   * Tells the kernel how the memory will be used. Advice that brings pages in may take its time: it
   * does not hold up the event loop.
   *
   * The range grows to whole pages; for `'dont-need'`, `'free'` and `'remove'`, which drop what is
   * there, it shrinks to them. Errors: EINVAL (not for this kind of memory, or not in this kernel),
   * EFAULT, ENOMEM. Source: madvise(2).
   */
  async advise(advice: Advice, range?: MappingRange): Promise<void> {
    this.checkOpen();
    const number = adviceOf(advice);
    await this.#pages.advise(number, this.#stillOpen(rangeOf(range, this.#length)), methods.advise);
  }

  /** As `advise`, blocking the thread. */
  adviseSync(advice: Advice, range?: MappingRange): void {
    this.checkOpen();
    this.#pages.adviseSync(adviceOf(advice), this.#stillOpen(rangeOf(range, this.#length)));
  }

  /**
   * Brings pages into memory and keeps them there. Reading goes on to show what the object has.
   *
   * The range grows to whole pages. Locks do not nest. Errors: ENOMEM, EPERM, EAGAIN (RLIMIT_MEMLOCK).
   * Source: mlock(2).
   */
  async lock(range?: MappingRange): Promise<void> {
    this.checkOpen();
    await this.#pages.lock(this.#stillOpen(rangeOf(range, this.#length)), methods.lock);
  }

  /** As `lock`, blocking the thread. */
  lockSync(range?: MappingRange): void {
    this.checkOpen();
    this.#pages.lockSync(this.#stillOpen(rangeOf(range, this.#length)));
  }

  /** Lets the kernel page the range out again. Source: munlock(2). */
  unlock(range?: MappingRange): Promise<void> {
    return promised(() => {
      this.unlockSync(range);
    });
  }

  /** As `unlock`, at once. */
  unlockSync(range?: MappingRange): void {
    this.checkOpen();
    this.#pages.unlock(this.#stillOpen(rangeOf(range, this.#length)));
  }

  /** Which pages of the range are in memory now. Source: mincore(2). */
  residency(range?: MappingRange): Promise<Residency> {
    return promised(() => this.residencySync(range));
  }

  /** As `residency`, at once. */
  residencySync(range?: MappingRange): Residency {
    this.checkOpen();
    return this.#pages.residency(this.#stillOpen(rangeOf(range, this.#length)));
  }

  // ---- the mapping itself

  /**
   * Changes what may be done with the memory. Without write access there is no view: `buffer` is
   * emptied, and `read` copies. With it, there is a new buffer.
   *
   * Errors: EACCES (the object was not opened for that), EBUSY (the buffer was transferred, a
   * semaphore, lock or futex in the memory is in use, or an advice, a lock or a sync of it goes on).
   * Source: mprotect(2).
   */
  protect(access: Protection): Promise<void> {
    return promised(() => {
      this.protectSync(access);
    });
  }

  /** As `protect`, at once. */
  protectSync(access: Protection): void {
    this.checkOpen();
    this.#pages.check(this.#protect(protectionOf(access)), 'mprotect');
  }

  /**
   * Changes the length. The memory may move: `buffer` and its views are emptied, also if it fails,
   * and there is a new buffer.
   *
   * Errors: ERR_OUT_OF_RANGE (the object is shorter than that), EBUSY (as `protect`), EINVAL (not
   * this kind of memory), EFAULT (longer, where a part alone was advised or locked), EAGAIN
   * (RLIMIT_MEMLOCK), ENOMEM. Source: mremap(2).
   */
  resize(length: number): Promise<void> {
    return promised(() => {
      this.resizeSync(length);
    });
  }

  /** As `resize`, at once. */
  resizeSync(length: number): void {
    this.checkOpen();
    const result = this.#resize(integer('length', length, 1, Number.MAX_SAFE_INTEGER));
    if (result === ENXIO) throw outOfRange('length', 'within what is mapped', length);
    this.#pages.check(result, 'mremap');
  }

  /**
   * Empties `buffer` and all its views, and gives the memory back. Idempotent.
   *
   * What others have in the memory stays: the object is not destroyed. A buffer that was
   * transferred stays valid, and keeps the memory. Do not close while Node works on a view of it
   * asynchronously (zlib, crypto): what holds for every ArrayBuffer that is detached holds here.
   */
  override close(): void {
    super.close();
  }

  protected release(): void {
    if (this.#length === 0) return; // it is unmapped
    this.#length = 0;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
    this.#forgetBuffer();
    dropped.unregister(this);
    native.munmap(this.#handle);
  }

  /** What was read of the caller's options may have closed the mapping. */
  #stillOpen<T>(checked: T): T {
    this.checkOpen();
    return checked;
  }

  #makeBuffer(): ArrayBuffer {
    if (this.#length > constants.MAX_LENGTH) {
      throw outOfRange(
        'length',
        `at most ${String(constants.MAX_LENGTH)} for a buffer`,
        this.#length,
      );
    }
    const buffer = native.mappingBuffer(this.#handle);
    if (buffer === null) throw this.#pages.failure('EACCES', 'mmap', noView);
    return buffer;
  }

  #protect(prot: number): number {
    const result = native.mprotect(this.#handle, prot);
    if (result < 0) return result;
    const access = accessOf(prot);
    this.#access = access === 'write' && this.#isPrivate ? 'copy-on-write' : access;
    if (access !== 'write') this.#forgetBuffer();
    return result;
  }

  #resize(length: number): number {
    const result = native.mremap(this.#handle, length);
    if (result !== EBUSY) this.#forgetBuffer();
    if (result === 0) this.#length = length;
    return result;
  }

  #forgetBuffer(): void {
    this.#buffer = undefined;
    this.#bytes = undefined;
  }

  #checkFits(name: string, length: number, offset: number): void {
    const room = this.#length - offset;
    if (length > room) throw outOfRange(`${name}.length`, `at most ${String(room)}`, length);
  }

  /** What a copying call answered: fewer bytes than were asked for are a page that is not there. */
  #copied(result: number, length: number, call: string): void {
    if (result === length) return;
    throw this.#pages.failure(result < 0 ? result : 'EFAULT', call, notThere);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'sync' | 'advise' | 'lock', unknown> = Mapping.prototype;
