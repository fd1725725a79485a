/** Rows that several facilities have. */

import { atMost, latency, perWork } from '../core/figures';
import type { Contender, Goal, Measure } from '../core/measure';
import type { Plan } from '../core/plan';
import type { Effort } from '../options';

/** What lies in a slot: only the number of the message. */
export const NUMBER = { size: 4 };

/** Microseconds before a cold round trip. */
const REST = 3000;

/** A smoke run leaves out what only rests between the calls of other rows. */
export function needed(effort: Effort, measures: readonly Measure[]): Measure[] {
  return measures.filter(({ work }) => effort !== 'smoke' || work.pause === 0);
}

/**
 * Repeated work of one process, or of `programs` at the same time; `baseline` is the plan's C program
 * where there is no other. `limit`: the goal as a ratio.
 */
export function repeated(
  plan: Plan,
  group: string,
  row: {
    name: string;
    subject: Contender;
    baseline?: Contender;
    count: number;
    size?: number;
    programs?: number;
    limit?: number;
    goal?: Goal;
  },
): Measure {
  const { name, subject, baseline = plan.C, count, size = NUMBER.size, programs = 1 } = row;
  const { goal = atMost(row.limit) } = row;
  return {
    name,
    group,
    scenario: 'repeat',
    work: plan.work(count, { size, receivers: programs }),
    subject,
    baseline,
    figures: [perWork(goal)],
  };
}

/** Round trips, back to back and cold; where nothing is said about their size, the payload lies in shared memory. */
export function trips(
  plan: Plan,
  group: string,
  forms: readonly {
    name: string;
    subject: Contender;
    baseline?: Contender;
    limit?: number;
  }[],
  { size } = NUMBER,
): Measure[] {
  const trip = (form: (typeof forms)[number], cold: boolean): Measure => ({
    name: `${form.name}, ${cold ? 'cold' : 'back to back'}`,
    group: cold ? `${group}; ${String(REST / 1000)} ms of rest before each` : group,
    scenario: 'round-trip',
    work: { ...(cold ? plan.rested(REST) : plan.work(10_000)), size },
    subject: form.subject,
    baseline: form.baseline ?? plan.C,
    figures: [latency('', 'round trip', atMost(form.limit))],
  });
  return [...forms.map((form) => trip(form, false)), ...forms.map((form) => trip(form, true))];
}
