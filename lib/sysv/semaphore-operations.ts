/** What a call does to a set: one operation, which is quick, or a list of them. */

import { quick2, quick3 } from '../core/quick';
import { native } from '../native';
import { IPC_NOWAIT } from './constants';
import { SEMBUFS, sembufs, WORDS_PER_SEMBUF } from './sembuf';

const { semopNow, semopOne } = native; // see core/quick.ts

/** Operations that the kernel performs all at once, or not at all. */
export interface Operations {
  readonly count: number;
  /** What tells those that wait for the same from others. */
  readonly key: number | string;
  /** Whether a first try without waiting tells all that there is to tell. */
  readonly neverWaits: boolean;
  /** Performs them without waiting: 0 or a negated errno, EAGAIN where they would have to wait. */
  attempt(set: number): number;
  /** Puts them where a call that waits finds them. */
  load(): void;
}

/** One operation. Nothing of it lies in memory until it has to wait. */
export class Single implements Operations {
  readonly count = 1;
  readonly neverWaits: boolean;
  /** With or without undo, they wait for the same. */
  readonly key: number;
  readonly #packed: number;

  constructor(
    readonly index: number,
    readonly by: number,
    readonly flags: number,
  ) {
    this.neverWaits = by > 0;
    this.key = index * 0x10000 + (by & 0xffff);
    this.#packed = flags === 0 ? this.key : flags * 2 ** 32 + this.key;
  }

  attempt(set: number): number {
    return quick2(semopOne, set, this.#packed);
  }

  load(): void {
    const words = sembufs(1);
    words[0] = this.index;
    words[1] = this.by;
    words[2] = this.flags;
  }
}

/** A list of operations: the three numbers of each struct sembuf, one after the other. */
export class Vector implements Operations {
  readonly count: number;

  constructor(private readonly numbers: readonly number[]) {
    this.count = numbers.length / WORDS_PER_SEMBUF;
  }

  get key(): string {
    return this.numbers.join();
  }

  get neverWaits(): boolean {
    const { numbers } = this;
    for (let at = 2; at < numbers.length; at += WORDS_PER_SEMBUF) {
      if (((numbers[at] as number) & IPC_NOWAIT) === 0) return false;
    }
    return true;
  }

  attempt(set: number): number {
    this.load();
    return quick3(semopNow, set, SEMBUFS, this.count);
  }

  load(): void {
    const { numbers } = this;
    const words = sembufs(this.count);
    for (let at = 0; at < numbers.length; at++) words[at] = numbers[at] as number;
  }
}
