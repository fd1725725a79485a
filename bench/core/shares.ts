/** How much each of the two does, where that is not what the measure says. */

import { keepsItsNumber, lasting } from './duration';
import type { Measure } from './measure';
import type { Work } from './params';
import { valueOf, type Result } from './result';

export const BOTH = ['baseline', 'subject'] as const;

export type Who = (typeof BOTH)[number];

export type Shares = Partial<Record<Who, Work>>;

/** A sample that is not counted; undefined where there is none. */
type Try = (who: Who, work: Work) => Promise<Result | undefined>;

/** So many requests are enough to see how fast somebody answers one after the other: that is seen before them. */
const BRIEF = 1000;

/** Seconds that a schedule lasts at most where nothing is said about it. */
export const LONGEST = 10;

/** Whether its schedule is a share of what the two answer. */
function seeksRate({ scenario, work: { rate = 0 } }: Measure): boolean {
  return scenario === 'schedule' && rate === 0;
}

export function seeks(measure: Measure, duration: number | undefined): boolean {
  return seeksRate(measure) || (duration !== undefined && !keepsItsNumber(measure));
}

export async function sharesOf(
  measure: Measure,
  duration: number | undefined,
  attempt: Try,
): Promise<Shares> {
  const { scenario, work } = measure;
  const brief = { ...work, count: Math.min(work.count, BRIEF) };
  const tried = seeksRate(measure) ? brief : work;
  const found: (readonly [Who, Result])[] = [];
  for (const who of BOTH) {
    const result = await attempt(who, tried);
    if (result !== undefined) found.push([who, result]);
  }
  const asked = seeksRate(measure) ? onSchedule(work, slowest(found)) : work;
  return Object.fromEntries(
    found.map(([who, result]) => [
      who,
      duration === undefined
        ? asked
        : lasting(scenario, { ...asked, count: tried.count }, result, duration),
    ]),
  );
}

function onSchedule(work: Work, rate: number): Work {
  return { ...work, rate, count: Math.min(work.count, rate * LONGEST) };
}

/** Of the rates that each would have asked for: so both have the same schedule. */
function slowest(found: readonly (readonly [Who, Result])[]): number {
  const rates = found.map(([, result]) => valueOf(result, 'rate'));
  return Math.max(Math.round(Math.min(...rates)), 1);
}
