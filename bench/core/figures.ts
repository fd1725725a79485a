/** The figures that come out of the scenarios. */

import type { Figure, Goal } from './measure';
import { latenciesOf, valueOf } from './result';
import { median } from './stats';

/** A ratio to the C program. */
export function atMost(limit: number | undefined): Goal | undefined {
  return limit === undefined ? undefined : { of: 'ratio', limit };
}

function withGoal(figure: Figure, goal: Goal | undefined): Figure {
  return goal === undefined ? figure : { ...figure, goal };
}

/** Time for one message; in pairs and streams. */
export function perMessage(goal?: Goal): Figure {
  return withGoal({ name: '', unit: 'ns', better: 'less', value: (r) => valueOf(r, 'ns') }, goal);
}

/** Time for one piece of work; where several programs do it, until all have ended. */
export function perWork(goal?: Goal): Figure {
  const value: Figure['value'] = (r) =>
    Math.max(valueOf(r, 'ns'), ...(r.others ?? []).map(({ ns = NaN }) => ns));
  return { ...perMessage(goal), value };
}

/** Messages per second. */
export function rate(goal?: Goal): Figure {
  const value: Figure['value'] = (r) => 1e9 / valueOf(r, 'ns');
  return withGoal({ name: '', unit: 'msg/s', better: 'more', value }, goal);
}

/** How fast in itself, where the goal is so many millions in a second. */
export function perSecond(millions: number): Figure {
  return { ...rate({ of: 'value', limit: millions * 1e6 }), name: 'rate' };
}

/** Of the sender, and of each of its receivers. */
export function ratesOf(receivers: number): Figure[] {
  const of = (name: string, pick: (all: readonly number[]) => number | undefined): Figure => ({
    ...{ name, unit: 'msg/s', better: 'more' },
    value: (r) =>
      1e9 / (pick([...(r.others ?? []).map(({ ns = NaN }) => ns), valueOf(r, 'ns')]) ?? NaN),
  });
  return [
    of('publisher', (all) => all[0]),
    ...Array.from({ length: receivers }, (_, i) =>
      of(`receiver ${String(i + 1)}`, (all) => all[i + 1]),
    ),
  ];
}

/** The median of single operations, with the 99th percentile beside it. */
export function latency(name: string, of: string, goal?: Goal): Figure {
  const latencies: Figure['latencies'] = (r) => latenciesOf(r, of);
  const value: Figure['value'] = (r) => median(latenciesOf(r, of)) / 1000;
  return withGoal({ name, unit: 'us', better: 'less', value, latencies }, goal);
}

export function mean(name: string, of: string, goal?: Goal): Figure {
  const value: Figure['value'] = (r) => {
    const all = latenciesOf(r, of);
    return all.reduce((sum, one) => sum + one, 0) / all.length / 1000;
  };
  return withGoal({ name, unit: 'us', better: 'less', value }, goal);
}

/** A value as the programs report it. */
export function plain(name: string, unit: Figure['unit'], of: string, goal?: Goal): Figure {
  return withGoal({ name, unit, better: 'less', value: (r) => valueOf(r, of) }, goal);
}
