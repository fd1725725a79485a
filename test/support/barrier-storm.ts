/** What test/fixtures/barrier-peer.c counts beside a barrier. */

import type { memory } from 'posix-ipc';

const STORM = 4096;
const PASSED = 0;
const TOLD = 1;
const INSIDE = 2;
const places = 5;

/** Processes that meet again and again, each at a place of its own, and are killed. */
export class BarrierStorm {
  readonly #words: Int32Array;

  constructor(mapping: memory.Mapping) {
    this.#words = mapping.view(Int32Array, STORM, INSIDE + places);
  }

  /** How often somebody went on. */
  get passes(): number {
    return Atomics.load(this.#words, PASSED);
  }

  /** How often somebody was told of a death. */
  get told(): number {
    return Atomics.load(this.#words, TOLD);
  }

  /** Takes a place over from one who was killed there, perhaps. */
  at(place: number): BarrierPlace {
    const words = this.#words;
    const at = INSIDE + place;
    const all = (): number[] =>
      Array.from({ length: places }, (_, i) => Atomics.load(words, INSIDE + i));
    words[at] = ((words[at] ?? 0) | 1) + 1;
    return {
      come: () => {
        const before = all();
        Atomics.add(words, at, 1);
        return () => {
          const isMet = (count: number, i: number): boolean =>
            i !== place && (count % 2 !== 0 || count !== before[i]);
          return all().filter(isMet).length;
        };
      },
      go: () => Atomics.add(words, at, 1),
      passed: () => Atomics.add(words, PASSED, 1),
      told: () => Atomics.add(words, TOLD, 1),
    };
  }
}

export interface BarrierPlace {
  /** It is about to wait; the answer tells how many others have waited since, or wait. */
  come: () => () => number;
  /** It has waited. */
  go: () => void;
  passed: () => void;
  told: () => void;
}
