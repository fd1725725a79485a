import type { Effort } from '../options';
import type { Contender } from './measure';
import type { Work } from './params';

/** The size where nothing is said about it. */
export const SMALL = 64;

/** Of work that takes some tens of ns. A million would last no longer than V8 takes to compile it once more. */
export const BRIEF = 10_000_000;

/** How much of everything. */
export class Plan {
  constructor(
    private readonly effort: Effort,
    readonly C: Contender,
  ) {}

  /** Work of so many timed messages, in a full run. As many go before: V8 is still compiling after the first millions. */
  work(count: number, more: Partial<Work> = {}): Work {
    const share = { full: 1, quick: 0.3, smoke: 0 }[this.effort];
    const timed = Math.max(Math.round(count * share), Math.min(count, 1000));
    const common = { size: SMALL, check: 1000, pause: 0, batch: 1, selectors: 1 };
    return { ...common, warm: timed, count: timed, ...more };
  }

  /** Waits that are left pending. Before them, so many are made and answered one after the other. */
  waits(count: number, more: Partial<Work> = {}): Work {
    return { ...this.work(count, more), warm: this.effort === 'smoke' ? 3 : 300 };
  }

  /** Fewer, because each takes its rest. */
  rested(pause: number): Work {
    const count = { full: 100, quick: 50, smoke: 20 }[this.effort];
    return { ...this.work(0), pause, warm: this.effort === 'smoke' ? 20 : 4000, count, check: 10 };
  }
}
