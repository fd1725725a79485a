/** Rounds that lie far from the others of their row, and what may have been the reason. */

import { median, outliers } from './stats';

/**
 * The CPUs were far apart; a program was moved to another one; other programs took its CPU away. Noise: none of
 * these, or they were not counted.
 */
export type Cause = 'far' | 'moved' | 'crowded' | 'noise';

export const CAUSES: readonly Cause[] = ['far', 'moved', 'crowded', 'noise'];

/** Of all programs of a round together; undefined where the kernel does not tell. */
export interface Disturbance {
  far: boolean;
  migrations: number | undefined;
  /** Context switches that no program asked for, for each message. */
  involuntary: number | undefined;
}

export interface Outlier {
  /** Which one of those that count. */
  round: number;
  cause: Cause;
}

/** So many times the median is too much. */
const MUCH = 2;

/** `values`: of each round, what is compared. */
export function outliersOf(
  values: readonly number[],
  disturbances: readonly Disturbance[],
): Outlier[] {
  const usual = (name: 'migrations' | 'involuntary'): number =>
    median(disturbances.map((one) => one[name] ?? 0));
  const [moved, crowded] = [usual('migrations'), usual('involuntary')];
  const causeOf = (one: Disturbance | undefined): Cause => {
    if (one?.far === true) return 'far';
    if ((one?.migrations ?? 0) > moved) return 'moved';
    return (one?.involuntary ?? 0) > MUCH * crowded ? 'crowded' : 'noise';
  };
  return outliers(values).flatMap((isOne, round) =>
    isOne ? [{ round, cause: causeOf(disturbances[round]) }] : [],
  );
}

/** "2 moved, 1 noise"; nothing where there are none. */
export function outlierText(all: readonly Outlier[]): string {
  return CAUSES.flatMap((cause) => {
    const count = all.filter((one) => one.cause === cause).length;
    return count > 0 ? [`${String(count)} ${cause}`] : [];
  }).join(', ');
}
