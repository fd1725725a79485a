import { errnoOf, outOfRange, SystemError, type SystemErrorContext } from '../core/error';
import { Handle } from '../core/handle';
import type { Keeper } from '../core/keeper';
import { integer, listOf } from '../core/options';
import { promised } from '../core/promised';
import { native } from '../native';
import { GETALL, GETNCNT, GETPID, GETVAL, GETZCNT, IPC_RMID, SETALL, SETVAL } from './constants';
import { checkControl } from './control';
import { hintOf } from './semaphore-hints';
import type { OpenedSet } from './semaphore-open';
import { checkOwnerChanges } from './owner-changes';
import { semaphoreIndex, SEMVMX } from './semaphore-options';
import {
  change,
  readStatus,
  type SemaphoreChanges,
  type SemaphoreStatus,
} from './semaphore-status';
import { semctlValue } from './semid-ds';

const EINVAL = -errnoOf('EINVAL');

/** What a set is asked and told by semctl(2). The half of `SemaphoreSet` that never waits. */
export abstract class SemaphoreControl extends Handle {
  /** The System V identifier, as semget(2) gives it and ipcs(1) prints it. */
  readonly id: number;
  /** The key, as a signed 32-bit number; 0 for IPC_PRIVATE. */
  readonly key: number;
  /** How many semaphores the set has. */
  readonly count: number;

  protected constructor({ id, key, count }: OpenedSet, keeper: Keeper) {
    super('semaphore set', keeper);
    this.id = id;
    this.key = key;
    this.count = count;
  }

  // ---- values

  /** The value of one semaphore. Errors: EACCES, EINVAL, EIDRM. Source: semctl(2), GETVAL. */
  value(index?: number): Promise<number> {
    return promised(() => this.valueSync(index));
  }

  /** As `value`, at once. */
  valueSync(index?: number): number {
    return this.#ask(GETVAL, index);
  }

  /**
   * Sets the value of one semaphore, 0 to 32767. Who waits and can go on, goes on.
   *
   * What any process has to undo for it (SEM_UNDO) is forgotten.
   * Errors: EACCES, EINVAL, EIDRM. Source: semctl(2), SETVAL.
   */
  setValue(index: number, value: number): Promise<void> {
    return promised(() => {
      this.setValueSync(index, value);
    });
  }

  /** As `setValue`, at once. */
  setValueSync(index: number, value: number): void {
    this.#ask(SETVAL, index, integer('value', value, 0, SEMVMX));
  }

  /** The values of all semaphores, as they were in one instant. Source: semctl(2), GETALL. */
  values(): Promise<number[]> {
    return promised(() => this.valuesSync());
  }

  /** As `values`, at once. */
  valuesSync(): number[] {
    this.checkOpen();
    const values = new Uint16Array(this.count);
    this.#checked(native.semctlAll(this.id, GETALL, values));
    return [...values];
  }

  /** Sets the values of all semaphores in one instant, as `setValue` does. Source: semctl(2), SETALL. */
  setValues(values: Iterable<number>): Promise<void> {
    return promised(() => {
      this.setValuesSync(values);
    });
  }

  /** As `setValues`, at once. */
  setValuesSync(values: Iterable<number>): void {
    this.checkOpen();
    const list = [...listOf('values', values)];
    if (list.length !== this.count) {
      throw outOfRange('values', `a list of ${String(this.count)} values`, list.length);
    }
    const packed = Uint16Array.from(list, (value) => integer('values', value, 0, SEMVMX));
    this.#checked(native.semctlAll(this.id, SETALL, packed));
  }

  /**
   * The process that operated on a semaphore, or set it, last; 0 if none, or if it is in a PID namespace
   * that cannot be seen from here. Source: semctl(2), GETPID.
   */
  pid(index?: number): Promise<number> {
    return promised(() => this.pidSync(index));
  }

  /** As `pid`, at once. */
  pidSync(index?: number): number {
    return this.#ask(GETPID, index);
  }

  /**
   * How many sleep until a semaphore increases, in all processes.
   *
   * All promises of one object that wait for the same are one of them. Source: semctl(2), GETNCNT.
   */
  waiters(index?: number): Promise<number> {
    return promised(() => this.waitersSync(index));
  }

  /** As `waiters`, at once. */
  waitersSync(index?: number): number {
    return this.#ask(GETNCNT, index);
  }

  /** How many sleep until a semaphore is 0, as `waiters` counts. Source: semctl(2), GETZCNT. */
  zeroWaiters(index?: number): Promise<number> {
    return promised(() => this.zeroWaitersSync(index));
  }

  /** As `zeroWaiters`, at once. */
  zeroWaitersSync(index?: number): number {
    return this.#ask(GETZCNT, index);
  }

  // ---- the set

  /** What the kernel knows about the set. Errors: EACCES, EINVAL, EIDRM. Source: semctl(2), IPC_STAT. */
  stat(): Promise<SemaphoreStatus> {
    return promised(() => this.statSync());
  }

  /** As `stat`, at once. */
  statSync(): SemaphoreStatus {
    this.checkOpen();
    return readStatus(this.id, this.#about);
  }

  /**
   * Changes owner or permission bits; what is absent stays.
   *
   * Errors: EPERM (not the owner), EINVAL, EIDRM; before Linux 4.17 EACCES (no permission to read what
   * stays). Source: semctl(2), IPC_SET.
   */
  set(changes: SemaphoreChanges): Promise<void> {
    return promised(() => {
      this.setSync(changes);
    });
  }

  /** As `set`, at once. */
  setSync(changes: SemaphoreChanges): void {
    this.checkOpen();
    change(this.id, checkOwnerChanges(changes, 'changes'), this.#about);
  }

  /**
   * Destroys the set; who waits on it, in any process, gets EIDRM.
   *
   * Errors: EPERM (not the owner), EINVAL (it is gone already). Source: semctl(2), IPC_RMID.
   */
  remove(): Promise<void> {
    return promised(() => {
      this.removeSync();
    });
  }

  /** As `remove`, at once. */
  removeSync(): void {
    checkControl(semctlValue(this.id, 0, IPC_RMID), 'semctl', 'set', this.#about);
  }

  get #about(): SystemErrorContext {
    return { id: this.id, key: this.key };
  }

  #ask(command: number, index: number | undefined, value?: number): number {
    this.checkOpen();
    const number = semaphoreIndex('index', index);
    return this.#checked(semctlValue(this.id, number, command, value));
  }

  #checked(result: number): number {
    if (result >= 0) return result;
    const { id, key } = this;
    const hint = result === EINVAL ? hintOf(result, id) : undefined;
    throw new SystemError(result, 'semctl', { id, key, hint });
  }
}
