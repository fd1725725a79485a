/** Thousands that wait in one line: what ends one of them takes no longer for all that were there before it. */

import type { Parking } from '../../lib/core/engine';
import { SystemError } from '../../lib/core/error';
import { Keeper } from '../../lib/core/keeper';
import { Lane, type Call } from '../../lib/core/lane';

type End = Parameters<Parking['whenEnded']>[1];

const few = 4000;
const many = 64_000;
const limit = 1;

/** A line of calls that wait for as many answers as are there. */
class Line {
  readonly leaving = new AbortController();
  answers = 0;
  readonly #waits = new Map<number, End>();
  readonly #lane = new Lane(new Keeper(), () => undefined, {
    whenEnded: (id, end) => this.#waits.set(id, end),
    cancelWait: (id) => {
      this.#end(id, -125); // ECANCELED
    },
    endWait: (id) => {
      this.#end(id, -125);
    },
  });
  readonly #call: Call<true> = {
    attempt: () => (this.answers > 0 && this.answers-- > 0 ? true : undefined),
    start: () => 1,
    block: () => [0, 0, 0],
    complete: () => undefined,
    failure: (error) => new SystemError(error, 'read'),
  };

  wait(): Promise<unknown> {
    const limits = { timeout: Infinity, signal: this.leaving.signal };
    return this.#lane.add(this.#call, limits, undefined, true).catch((reason: unknown) => reason);
  }

  /** The first wait has ended. */
  wake(): void {
    this.#end(1, 0);
  }

  close(reason: unknown): void {
    this.#lane.end(() => reason);
  }

  #end(id: number, result: number): void {
    const end = this.#waits.get(id);
    this.#waits.delete(id);
    end?.(result, 0, 0, 0);
  }
}

const ways: [string, (line: Line, count: number) => void, unknown][] = [
  [
    'an abort',
    (line) => {
      line.leaving.abort('over');
    },
    'over',
  ],
  [
    'close',
    (line) => {
      line.close('over');
    },
    'over',
  ],
  [
    'an answer for each',
    (line, count) => {
      for (let i = 0; i < count; i++) {
        line.answers++;
        line.wake();
      }
    },
    true,
  ],
];

/** CPU time of this process, in microseconds: others want the CPU, too. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** How much longer it takes to end them than to make them wait, the least of some: the heap is collected now and then. */
async function costOf(
  count: number,
  finish: (line: Line, count: number) => void,
  end: unknown,
): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 4 && least > limit; i++) {
    const line = new Line();
    const start = spent();
    const ends = Promise.all(Array.from({ length: count }, () => line.wait()));
    const began = spent();
    const made = began - start;
    finish(line, count);
    least = Math.min(least, (spent() - began) / made);
    expect(new Set(await ends)).toEqual(new Set([end]));
  }
  return least;
}

test.each(ways)(
  '%s: to end them takes no longer than to make them wait',
  async (_way, finish, end) => {
    await costOf(few, finish, end); // compiled
    // A quarter as long. In a line that is searched from its beginning it is several times as long.
    expect(await costOf(many, finish, end)).toBeLessThan(limit);
  },
);
