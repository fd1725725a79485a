import { native } from '../native';
import { inBackground } from './background';
import { SystemError } from './error';
import type { AdvicePlan, Range, SyncPlan } from './mapping-options';
import { memoryHint } from './memory-hints';

/** Which pages are in memory. */
export interface Residency {
  /** Bytes per page. */
  pageSize: number;
  /** One byte per page that the range touches: 1 if it is in memory, else 0. */
  pages: Uint8Array;
  /** How many of them are. */
  resident: number;
}

/** How the native calls make pages of a part. */
const outward = 1;

/** What can be asked of the pages of one mapping. */
export class Pages {
  readonly #handle: number;
  readonly #path: string | undefined;
  readonly #private: boolean;

  /** `isPrivate`: pages of a file that are this process's own once they are written. */
  constructor(handle: number, path: string | undefined, isPrivate: boolean) {
    this.#handle = handle;
    this.#path = path;
    this.#private = isPrivate;
  }

  sync({ offset, length, flags }: SyncPlan, method: unknown): Promise<void> {
    const start = (): number => native.msyncWait(this.#handle, offset, length, outward, flags);
    return inBackground(start, (error) => this.failure(error, 'msync'), method);
  }

  syncSync({ offset, length, flags }: SyncPlan): void {
    this.check(native.msync(this.#handle, offset, length, outward, flags), 'msync');
  }

  advise(
    { advice, rounding }: AdvicePlan,
    { offset, length }: Range,
    method: unknown,
  ): Promise<void> {
    const start = (): number => native.madviseWait(this.#handle, offset, length, rounding, advice);
    return inBackground(start, (error) => this.failure(error, 'madvise'), method);
  }

  adviseSync({ advice, rounding }: AdvicePlan, { offset, length }: Range): void {
    this.check(native.madvise(this.#handle, offset, length, rounding, advice), 'madvise');
  }

  lock({ offset, length }: Range, method: unknown): Promise<void> {
    const start = (): number => native.mlockWait(this.#handle, offset, length, this.#private);
    return inBackground(start, (error) => this.failure(error, 'mlock'), method);
  }

  lockSync({ offset, length }: Range): void {
    const result = this.#private
      ? native.mlockAsIs(this.#handle, offset, length)
      : native.mlock2(this.#handle, offset, length, 0);
    this.check(result, 'mlock');
  }

  unlock({ offset, length }: Range): void {
    this.check(native.munlock(this.#handle, offset, length), 'munlock');
  }

  populate(write: boolean, method: unknown): Promise<void> {
    const start = (): number => native.populateWait(this.#handle, write);
    return inBackground(start, (error) => this.failure(error, 'madvise'), method);
  }

  populateSync(write: boolean): void {
    this.check(native.populate(this.#handle, write), 'madvise');
  }

  residency({ offset, length }: Range): Residency {
    const { pageSize } = native;
    // One more than the length has: a range may begin inside of a page.
    const vec = new Uint8Array(Math.ceil(length / pageSize) + 1);
    const count = native.mincore(this.#handle, offset, length, outward, vec);
    this.check(count, 'mincore');
    const pages = vec.subarray(0, count).map((page) => page & 1);
    return { pageSize, pages, resident: pages.reduce((sum, page) => sum + page, 0) };
  }

  check(result: number, syscall: string): void {
    if (result < 0) throw this.failure(result, syscall);
  }

  failure(error: number | string, syscall: string, hint?: string): SystemError {
    const context = { path: this.#path, hint: hint ?? memoryHint(error, syscall) };
    return new SystemError(error, syscall, context);
  }
}
