import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { Closable } from '../core/closable';
import { check, SystemError } from '../core/error';
import { adoptMapping, type Mapping } from '../core/mapping';
import { memoryHint } from '../core/memory-hints';
import { boolean, integer, optionsOf } from '../core/options';
import { promised } from '../core/promised';
import { IPC_RMID, SHM_LOCK, SHM_RDONLY, SHM_UNLOCK } from './constants';
import { checkControl } from './control';
import type { Key } from './key';
import { checkOwnerChanges } from './owner-changes';
import {
  createSegment,
  openOrCreateSegment,
  openSegment,
  type OpenedSegment,
  type SharedMemoryOptions,
} from './segment-open';
import {
  changeSegment,
  readSegment,
  type SegmentChanges,
  type SegmentStatus,
} from './segment-status';
import { attach, shmctlPlain } from './shmid-ds';

/** Options of `attach`. */
export interface AttachOptions {
  /**
   * Attach for reading only; false by default. It takes no permission to write. Such a mapping has
   * no view: `read` and `readInto` copy.
   */
  readOnly?: boolean | undefined;
}

/**
 * A System V shared memory segment: memory that processes attach, and that no peer can shrink.
 *
 * A segment made by C is used as it is, and the reverse. It begins with zeroes, and lives until it
 * was removed and nobody has it attached any more. Source: sysvipc(7), shmget(2), shmop(2), shmctl(2).
 *
 * ```js
 * const memory = await sysv.SharedMemory.openOrCreate(0x4d2, { size: 4096 });
 * using mapping = await memory.attach();
 * Atomics.add(mapping.view(Int32Array), 0, 1);
 * await memory.remove(); // it goes with its last attachment
 * ```
 */
export class SharedMemory extends Closable {
  /** The System V identifier, as shmget(2) gives it and ipcs(1) prints it. */
  readonly id: number;
  /** The key, as a signed 32-bit number; 0 for IPC_PRIVATE. */
  readonly key: number;
  /** Size in bytes. */
  readonly size: number;

  private constructor(by: ByOpener, opened: OpenedSegment) {
    checkOpener(by, SharedMemory);
    super('shared memory');
    const { id, key, size } = opened;
    this.id = id;
    this.key = key;
    this.size = size;
  }

  // ---- opening

  /**
   * Makes a new segment of zeroes.
   *
   * `key` is a 32-bit number, `IPC_PRIVATE`, or `'random'` (a key that no segment has).
   * Errors: EEXIST, EINVAL (`size` above kernel.shmmax), ENOMEM, ENOSPC (kernel.shmmni segments exist,
   * or kernel.shmall pages), EPERM (huge pages). Source: shmget(2) with IPC_CREAT | IPC_EXCL.
   */
  static create(key: Key, options: SharedMemoryOptions): Promise<SharedMemory> {
    return promised(() => SharedMemory.createSync(key, options));
  }

  /** As `create`, at once. */
  static createSync(key: Key, options: SharedMemoryOptions): SharedMemory {
    return new SharedMemory(byOpener, createSegment(key, options));
  }

  /** Opens the segment that a key has. Errors: ENOENT, EACCES (no read permission). Source: shmget(2). */
  static open(key: number): Promise<SharedMemory> {
    return promised(() => SharedMemory.openSync(key));
  }

  /** As `open`, at once. */
  static openSync(key: number): SharedMemory {
    return new SharedMemory(byOpener, openSegment(key));
  }

  /**
   * Opens the segment that a key has, or makes it. Mode and pages apply only to one that is made.
   *
   * Errors: EINVAL (it is smaller than `size`), and those of `create` and `open`. Source: shmget(2).
   */
  static openOrCreate(key: Key, options: SharedMemoryOptions): Promise<SharedMemory> {
    return promised(() => SharedMemory.openOrCreateSync(key, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(key: Key, options: SharedMemoryOptions): SharedMemory {
    return new SharedMemory(byOpener, openOrCreateSegment(key, options));
  }

  /**
   * Uses the segment that an identifier names, such as one that was made with IPC_PRIVATE.
   *
   * Errors: EINVAL (no such segment), EIDRM, EACCES (no read permission). Source: shmctl(2), IPC_STAT.
   */
  static fromId(id: number): Promise<SharedMemory> {
    return promised(() => SharedMemory.fromIdSync(id));
  }

  /** As `fromId`, at once. */
  static fromIdSync(id: number): SharedMemory {
    const checked = integer('id', id, 0, 2 ** 31 - 1);
    return new SharedMemory(byOpener, readSegment(checked, { id: checked }));
  }

  // ---- attaching

  /**
   * Maps the segment, also one that was removed and is still attached somewhere.
   *
   * Closing the mapping detaches; it stays when this object is closed. Each call attaches once more.
   * Errors: EACCES, EIDRM, EINVAL (no such segment), ENOMEM. Source: shmat(2).
   */
  attach(options?: AttachOptions): Promise<Mapping> {
    return promised(() => this.attachSync(options));
  }

  /** As `attach`, at once. */
  attachSync(options?: AttachOptions): Mapping {
    this.checkOpen();
    const { readOnly = false } = optionsOf(options);
    const reading = boolean('options.readOnly', readOnly);
    const [handle, length] = attach(this.id, reading ? SHM_RDONLY : 0);
    if (handle < 0) {
      const { id, key } = this;
      throw new SystemError(handle, 'shmat', { id, key, hint: memoryHint(handle, 'mmap') });
    }
    return adoptMapping(handle, { length, access: reading ? 'read' : 'write' });
  }

  // ---- the segment

  /** What the kernel knows about the segment. Errors: EACCES, EINVAL, EIDRM. Source: shmctl(2), IPC_STAT. */
  stat(): Promise<SegmentStatus> {
    return promised(() => this.statSync());
  }

  /** As `stat`, at once. */
  statSync(): SegmentStatus {
    this.checkOpen();
    return readSegment(this.id, this);
  }

  /**
   * Changes owner or permission bits; what is absent stays.
   *
   * Errors: EPERM (not the owner), EINVAL, EIDRM; before Linux 4.17 EACCES (no permission to read what
   * stays). Source: shmctl(2), IPC_SET.
   */
  set(changes: SegmentChanges): Promise<void> {
    return promised(() => {
      this.setSync(changes);
    });
  }

  /** As `set`, at once. */
  setSync(changes: SegmentChanges): void {
    this.checkOpen();
    changeSegment(this.id, checkOwnerChanges(changes, 'changes'), this);
  }

  /**
   * Keeps in memory those pages that are touched from now on, for all processes.
   *
   * Errors: EPERM (not the owner), ENOMEM (RLIMIT_MEMLOCK), EINVAL. Source: shmctl(2), SHM_LOCK.
   */
  lock(): Promise<void> {
    return promised(() => {
      this.lockSync();
    });
  }

  /** As `lock`, at once. */
  lockSync(): void {
    this.checkOpen();
    const result = shmctlPlain(this.id, SHM_LOCK);
    const { id, key } = this;
    check(result, 'shmctl', { id, key, hint: memoryHint(result, 'mlock') });
  }

  /** Lets the kernel page the segment out again. Source: shmctl(2), SHM_UNLOCK. */
  unlock(): Promise<void> {
    return promised(() => {
      this.unlockSync();
    });
  }

  /** As `unlock`, at once. */
  unlockSync(): void {
    this.checkOpen();
    checkControl(shmctlPlain(this.id, SHM_UNLOCK), 'shmctl', 'segment', this);
  }

  /**
   * Takes the key away, and destroys the segment as soon as nobody has it attached any more.
   *
   * Errors: EPERM (not the owner), EINVAL (it is gone already). Source: shmctl(2), IPC_RMID.
   */
  remove(): Promise<void> {
    return promised(() => {
      this.removeSync();
    });
  }

  /** As `remove`, at once. */
  removeSync(): void {
    checkControl(shmctlPlain(this.id, IPC_RMID), 'shmctl', 'segment', this);
  }

  /** The segment stays, as do the mappings. */
  protected release(): void {
    // A segment has no descriptor.
  }
}
