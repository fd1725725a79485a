import { fstatSync } from 'node:fs';

import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { Closable } from '../core/closable';
import { check, errnoOf, SystemError } from '../core/error';
import { mapDescriptor } from '../core/map-descriptor';
import { pagesOf, type Mapping } from '../core/mapping';
import { randomName } from '../core/name';
import { integer } from '../core/options';
import type { OwnedDescriptor } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import { failureOf, nameOf } from '../core/shared-object';
import { inUse, isMappedBeyond, reserve, reserveSync, Resizing } from '../core/storage';
import { windowOf, type WindowOptions } from '../core/window';
import { native } from '../native';
import {
  createPlan,
  existing,
  foundWith,
  make,
  makeSync,
  open,
  openPlan,
  unless,
  type OpenedSharedMemory,
  type OpenPlan,
  type OpenSharedMemoryOptions,
  type SharedMemoryOptions,
} from './shared-memory-open';

const EBUSY = -errnoOf('EBUSY');

/** What the kernel knows about shared memory: fstat(2), in words. */
export interface SharedMemoryStatus {
  /** With its leading slash. */
  name: string;
  /** Length in bytes. */
  size: number;
  /** Bytes that are reserved: fewer than the size, if its maker did not reserve them. */
  reserved: number;
  /** Permission bits. */
  mode: number;
  /** Owner. */
  uid: number;
  /** Owner's group. */
  gid: number;
  /** Time of the last change of what is said here. */
  changedAt: Date;
}

/**
 * POSIX shared memory: a name for memory that processes share.
 *
 * The memory is what others see under that name in any language: there is no header. It stays until
 * `unlink`, and as long as somebody has it mapped. Memory that is created is reserved, so that it
 * cannot be missing later; it appears with its whole size, its exact mode and zeroes. Another
 * process may make any of it shorter, which ends those who touch what is missing (SIGBUS): share
 * memory with processes that you trust, or use `memory.memfd` with seals. Source: shm_overview(7).
 *
 * ```js
 * using shm = posix.SharedMemory.openOrCreateSync('/frames', { size: 1 << 20 });
 * shm.bytes.write('hello');
 * shm.unlinkSync(); // the name; close() never does that
 * ```
 */
export class SharedMemory extends Closable {
  /** With its leading slash. */
  readonly name: string;
  readonly #descriptor: OwnedDescriptor;
  readonly #plan: OpenPlan;
  readonly #made: number | undefined;
  readonly #mapping: Mapping;
  readonly #resizing = new Resizing();

  private constructor(by: ByOpener, opened: OpenedSharedMemory, plan: OpenPlan) {
    checkOpener(by, SharedMemory);
    super('shared memory');
    const { descriptor, name, made } = opened;
    this.name = name;
    this.#made = made;
    this.#descriptor = descriptor;
    this.#plan = plan;
    try {
      const window = { offset: 0, length: undefined, access: plan.access };
      this.#mapping = mapDescriptor(descriptor.number, window, name, made);
    } catch (error) {
      this.#descriptor.close();
      this.#unmake();
      throw error;
    }
  }

  // ---- opening

  /**
   * Makes new memory; all of it is zero and reserved. Without a name it gets a random one.
   *
   * A name is 1 to 255 bytes after its slash, which may be left out. Large memory is reserved by a
   * thread. Errors: EEXIST, ENOSPC (/dev/shm is full), EACCES. Source: shm_open(3), posix_fallocate(3).
   */
  static async create(
    name: string | undefined,
    options: SharedMemoryOptions,
  ): Promise<SharedMemory> {
    const [given, opening, plan] = [nameOrNone(name), openPlan(options), createPlan(options)];
    for (;;) {
      const chosen = given ?? randomName();
      const outcome = await make(chosen, plan, openers.create);
      const made = unless(given === undefined ? 'EEXIST' : 'none', outcome, chosen);
      if (made !== undefined)
        return new SharedMemory(byOpener, made, opening).#prepare(openers.create);
    }
  }

  /** As `create`, at once. */
  static createSync(name: string | undefined, options: SharedMemoryOptions): SharedMemory {
    const [given, opening, plan] = [nameOrNone(name), openPlan(options), createPlan(options)];
    for (;;) {
      const chosen = given ?? randomName();
      const outcome = makeSync(chosen, plan);
      const made = unless(given === undefined ? 'EEXIST' : 'none', outcome, chosen);
      if (made !== undefined) return new SharedMemory(byOpener, made, opening).#prepareSync();
    }
  }

  /**
   * Opens the memory of a name; its size is what its maker gave it.
   *
   * Errors: ENOENT, EACCES, EAGAIN (it has no size: a maker that makes it in steps, as C programs do,
   * has not finished). Source: shm_open(3).
   */
  static async open(name: string, options?: OpenSharedMemoryOptions): Promise<SharedMemory> {
    return SharedMemory.#existing(name, options).#prepare(openers.open);
  }

  /** As `open`, at once. */
  static openSync(name: string, options?: OpenSharedMemoryOptions): SharedMemory {
    return SharedMemory.#existing(name, options).#prepareSync();
  }

  /**
   * Opens the memory of a name, or makes it. What is found has to have `size` bytes at least (EINVAL);
   * it keeps its mode. Errors: as `create` and `open`.
   */
  static async openOrCreate(name: string, options: SharedMemoryOptions): Promise<SharedMemory> {
    const [given, opening, plan] = [nameOf(name), openPlan(options), createPlan(options)];
    for (;;) {
      const found = unless('ENOENT', open(given, opening.access), given);
      const used =
        found === undefined
          ? unless('EEXIST', await make(given, plan, openers.openOrCreate), given)
          : foundWith(plan.size, found);
      if (used !== undefined)
        return new SharedMemory(byOpener, used, opening).#prepare(openers.openOrCreate);
    }
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(name: string, options: SharedMemoryOptions): SharedMemory {
    const [given, opening, plan] = [nameOf(name), openPlan(options), createPlan(options)];
    for (;;) {
      const found = unless('ENOENT', open(given, opening.access), given);
      const used =
        found === undefined
          ? unless('EEXIST', makeSync(given, plan), given)
          : foundWith(plan.size, found);
      if (used !== undefined) return new SharedMemory(byOpener, used, opening).#prepareSync();
    }
  }

  /**
   * Takes a name away. Who has the memory keeps it; a new object may have the name.
   *
   * Errors: ENOENT, EACCES. Source: shm_unlink(3).
   */
  static unlink(name: string): Promise<void> {
    return promised(() => {
      SharedMemory.unlinkSync(name);
    });
  }

  /** As `unlink`, at once. */
  static unlinkSync(name: string): void {
    const path = nameOf(name);
    check(native.shmUnlink(path), 'shm_unlink', { path });
  }

  // ---- the memory

  /** All of the memory. It is closed with this object. */
  get mapping(): Mapping {
    this.checkOpen();
    return this.#mapping;
  }

  /** `mapping.buffer`: the ArrayBuffer. */
  get buffer(): ArrayBuffer {
    return this.mapping.buffer;
  }

  /** `mapping.bytes`: a Buffer over it. */
  get bytes(): Buffer {
    return this.mapping.bytes;
  }

  /** The object's size in bytes now. */
  get size(): number {
    this.checkOpen();
    return check(native.fileSize(this.fd), 'fstat', { path: this.name });
  }

  /** The descriptor, to be passed on; it belongs to this object. */
  get fd(): number {
    this.checkOpen();
    return this.#descriptor.number;
  }

  /**
   * Maps a further window, with `access` of its own if wanted; it outlives this object.
   *
   * Errors: ERR_OUT_OF_RANGE (not inside), EACCES (writing, where this was opened to read). Source: mmap(2).
   */
  attach(options?: WindowOptions): Promise<Mapping> {
    return promised(() => this.attachSync(options));
  }

  /** As `attach`, at once. */
  attachSync(options?: WindowOptions): Mapping {
    return mapDescriptor(this.fd, windowOf(options, this.#plan.access), this.name);
  }

  /**
   * Changes the size. What is new is zero and reserved; `mapping` follows, its old views are empty.
   *
   * Nothing that this process has mapped, through whatever object, is cut off (EBUSY); other
   * processes may have mapped it. What grows cuts nothing off, should another process make it longer
   * meanwhile. EBUSY also while another `resize` of this object goes on. Not opened
   * to write: EBADF if it is to grow, EINVAL if it is to shrink. Errors: also ENOSPC. Where `mapping`
   * cannot follow (`Mapping.resize`: EBUSY, EFAULT, EAGAIN, ENOMEM), what has grown stays so; the
   * same call again brings it along. Source: ftruncate(2), posix_fallocate(3).
   */
  async resize(size: number): Promise<void> {
    const [before, after] = [this.size, sizeOf(size)];
    const { fd } = this;
    this.#resizing.check(this.name);
    if (after > before) {
      const reserving = reserve(fd, before, after - before, this.#failure, methods.resize);
      await this.#resizing.during(reserving);
    }
    this.#follow(after, after < before);
  }

  /** As `resize`, at once. */
  resizeSync(size: number): void {
    const [before, after] = [this.size, sizeOf(size)];
    this.#resizing.check(this.name);
    if (after > before) reserveSync(this.fd, before, after - before, this.#failure);
    this.#follow(after, after < before);
  }

  /** What the kernel knows about the memory. Source: fstat(2). */
  stat(): Promise<SharedMemoryStatus> {
    return promised(() => this.statSync());
  }

  /** As `stat`, at once. */
  statSync(): SharedMemoryStatus {
    const { size, blocks, mode, uid, gid, ctime } = fstatSync(this.fd);
    const { name } = this;
    return { name, size, reserved: blocks * 512, mode: mode & 0o777, uid, gid, changedAt: ctime };
  }

  /** Takes the name away, whatever object has it by now. Errors: ENOENT, EACCES. Source: shm_unlink(3). */
  unlink(): Promise<void> {
    return promised(() => {
      this.unlinkSync();
    });
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    SharedMemory.unlinkSync(this.name);
  }

  /** `mapping` is closed, its views are empty. */
  protected release(): void {
    this.#mapping.close();
    this.#descriptor.close();
  }

  static #existing(name: string, options: OpenSharedMemoryOptions | undefined): SharedMemory {
    const plan = openPlan(options);
    return new SharedMemory(byOpener, existing(nameOf(name), plan.access), plan);
  }

  /** Takes the name of an object away that was made and cannot be used. */
  #unmake(): void {
    if (this.#made !== undefined) native.shmUnlink(this.name);
  }

  /** Brings in and locks the pages as far as that was asked for. */
  async #prepare(method: unknown): Promise<this> {
    try {
      if (this.#plan.populate) await pagesOf(this.#mapping).populate(false, method);
      if (this.#plan.lock) await this.#mapping.lock();
      return this;
    } catch (error) {
      this.close();
      this.#unmake();
      throw error;
    }
  }

  #prepareSync(): this {
    try {
      if (this.#plan.populate) pagesOf(this.#mapping).populateSync(false);
      if (this.#plan.lock) this.#mapping.lockSync();
      return this;
    } catch (error) {
      this.close();
      this.#unmake();
      throw error;
    }
  }

  get #failure(): (error: number) => SystemError {
    return failureOf('posix_fallocate', this.name);
  }

  /** Gives the mapping the new size, and the object, if that is what was asked for. */
  #follow(size: number, shrinks: boolean): void {
    const before = this.size;
    if (!this.#mapping.closed) this.#mapping.resizeSync(size);
    if (!shrinks || size >= before) return;
    const isUsed = isMappedBeyond(this.fd, size);
    const result = isUsed ? EBUSY : native.ftruncate(this.fd, size);
    if (result === 0) return;
    if (!this.#mapping.closed) this.#mapping.resizeSync(before);
    const hint = isUsed ? inUse() : undefined;
    throw new SystemError(result, 'ftruncate', { path: this.name, hint });
  }
}

function nameOrNone(name: string | undefined): string | undefined {
  return name === undefined ? undefined : nameOf(name);
}

function sizeOf(size: number): number {
  return integer('size', size, 1, Number.MAX_SAFE_INTEGER);
}

/** Where the stack of an error begins: at the caller of one of these. */
const openers: Record<'create' | 'open' | 'openOrCreate', unknown> = SharedMemory;
const methods: Record<'resize', unknown> = SharedMemory.prototype;
