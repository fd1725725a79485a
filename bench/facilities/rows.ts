/** Rows that several facilities have. */

import { atMost, latency, perMessage } from '../core/figures';
import type { Contender, Measure } from '../core/measure';
import type { Plan } from '../core/plan';

/** What lies in a slot: only the number of the message. */
export const NUMBER = { size: 4 };

/** Microseconds before a cold round trip. */
const REST = 3000;

/** Repeated work of one process; `baseline` is the plan's C program where there is no other. */
export function repeated(
  plan: Plan,
  group: string,
  row: {
    name: string;
    subject: Contender;
    baseline?: Contender;
    count: number;
    size?: number;
    limit?: number;
  },
): Measure {
  const { name, subject, baseline = plan.C, count, size = NUMBER.size, limit } = row;
  return {
    name,
    group,
    scenario: 'repeat',
    work: plan.work(count, { size }),
    subject,
    baseline,
    figures: [perMessage(atMost(limit))],
  };
}

/** Round trips whose payload lies in shared memory. */
export function trips(
  plan: Plan,
  group: string,
  forms: readonly {
    name: string;
    subject: Contender;
    baseline?: Contender;
    limit?: number;
  }[],
): Measure[] {
  const trip = (form: (typeof forms)[number], cold: boolean): Measure => ({
    name: `${form.name}, ${cold ? 'cold' : 'back to back'}`,
    group: cold ? `${group}; ${String(REST / 1000)} ms of rest before each` : group,
    scenario: 'round-trip',
    work: { ...(cold ? plan.rested(REST) : plan.work(10_000)), ...NUMBER },
    subject: form.subject,
    baseline: form.baseline ?? plan.C,
    figures: [latency('', 'round trip', atMost(form.limit))],
  });
  return [...forms.map((form) => trip(form, false)), ...forms.map((form) => trip(form, true))];
}
