import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { collectGarbage } from './collect-garbage';

const attempts = 5;

function turns(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount;
}

/**
 * How often the event loop goes round while nothing is to be done: a few times in so many milliseconds, unless it
 * spins. The least of several attempts: while V8 marks garbage, its tasks keep the loop going round, too.
 */
export async function fewestTurnsIn(milliseconds: number): Promise<number> {
  collectGarbage();
  const all: number[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = turns();
    await sleep(milliseconds);
    all.push(turns() - before);
  }
  return Math.min(...all);
}
