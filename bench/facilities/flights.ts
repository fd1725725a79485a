/** Requests that do not wait for each other: several in flight, and on a schedule, by each transport. */

import { latency, plain, rate } from '../core/figures';
import type { Figure, Measure } from '../core/measure';
import { SMALL, type Plan } from '../core/plan';
import { LONGEST } from '../core/shares';
import type { Asked, Effort } from '../options';
import { sizeText } from '../report/data';
import { workOf } from './sizes';
import { carrying, flights, transportOf, windowOf } from './ways';

const WINDOWS = [1, 8, 64];
const MANY = 64;

/** Enough for a 99.99th percentile over some rounds. */
const COUNT = 20_000;

/** What takes part in a smoke run has flown there already; these are one of each kind. */
const SMOKE = ['channel.Channel', 'net, Unix socket', 'MessagePort'];

const C = 'C: send and recv through a Unix stream socket';

function sizesOf({ payloads = [SMALL] }: Asked): readonly number[] {
  return payloads;
}

/** Requests in a second, there and back. */
const answered: Figure = { ...rate(), name: 'answered' };

export function inFlight(plan: Plan, effort: Effort, asked: Asked): Measure[] {
  const windows = effort === 'smoke' ? WINDOWS.slice(1, 2) : WINDOWS;
  return windows.flatMap((window) =>
    sizesOf(asked).flatMap((size) =>
      carrying(flights, size)
        .filter(([, way]) => windowOf(way, size, window) === window)
        .map(([name, subject]): Measure => ({
          name: `${sizeText(size)} ${String(window)} in flight, ${name}`,
          group: `Transports: ${String(window)} in flight, ${sizeText(size)}, a closed loop; ${C}`,
          scenario: 'in-flight',
          work: workOf(plan, size, COUNT, { window }),
          subject,
          transport: transportOf(name),
          baseline: plan.C,
          figures: [answered, latency('latency', 'request')],
        })),
    ),
  );
}

export function onSchedule(plan: Plan, effort: Effort, asked: Asked): Measure[] {
  const perSecond = asked.rate === undefined ? 0 : Math.round(asked.rate);
  const when =
    perSecond > 0
      ? `${String(perSecond)} in a second`
      : 'half of what the slower one of the two answers one after the other';
  const most = perSecond > 0 ? perSecond * LONGEST : Infinity;
  return sizesOf(asked).flatMap((size) =>
    carrying(flights, size)
      .filter(([name]) => effort !== 'smoke' || SMOKE.includes(name))
      .map(([name, subject]): Measure => {
        const work = workOf(plan, size, COUNT, { window: windowOf(subject, size, MANY) });
        return {
          name: `${sizeText(size)} on schedule, ${name}`,
          group: `Transports: on schedule, ${when}, ${sizeText(size)}, an open loop; ${C}`,
          scenario: 'schedule',
          work: { ...work, count: Math.min(work.count, most), rate: perSecond },
          subject,
          transport: transportOf(name),
          baseline: plan.C,
          figures: [latency('latency', 'request'), plain('asked', 'msg/s', 'rate'), answered],
        };
      }),
  );
}
