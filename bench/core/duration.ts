/** How many messages make a sample last so many seconds: as one that is not counted has shown. */

import type { Measure, Scenario } from './measure';
import type { Work } from './params';
import type { Result } from './result';

/** As many latencies are kept one by one at most, and as many messages are numbered. */
const [MOST_TIMED, MOST] = [1_000_000, 100_000_000];

/** Fewer than these say little. */
const LEAST = 10;

/** Whether it has so many messages however long it is to last. */
export function keepsItsNumber({ scenario, keeps }: Pick<Measure, 'scenario' | 'keeps'>): boolean {
  return scenario === 'waits' || keeps === true;
}

/** What is said of it in the report. */
export function durationText(seconds: number, measures: readonly Measure[]): string {
  const kept = measures.filter(keepsItsNumber).length;
  const but = kept === 0 ? '' : `; ${String(kept)} of ${String(measures.length)} rows keep theirs`;
  return `about ${String(seconds)} s for the timed part of each sample${but}`;
}

/** Seconds that its timed part took. */
export function secondsOf(
  scenario: Scenario,
  { count, pause, receivers = 1 }: Work,
  { values, latencies }: Result,
): number {
  const { ns } = values;
  // What is gathered is timed for each message of all senders, and counted for each sender.
  const senders = scenario === 'gather' ? receivers : 1;
  if (ns !== undefined) return (ns * count * senders) / 1e9;
  const [trips = []] = Object.values(latencies);
  return trips.reduce((sum, one) => sum + one / 1e9 + pause / 1e6, 0);
}

/** The same work, to last about so many seconds: as many messages as a schedule has in them, or as were done in them. */
export function lasting(scenario: Scenario, work: Work, result: Result, seconds: number): Work {
  const most = Object.keys(result.latencies).length > 0 ? MOST_TIMED : MOST;
  const { rate = 0 } = work;
  const wanted = Math.round(
    rate > 0 ? rate * seconds : (work.count * seconds) / secondsOf(scenario, work, result),
  );
  return { ...work, count: Math.min(Math.max(wanted, LEAST), most) };
}
