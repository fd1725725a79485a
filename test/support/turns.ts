import { setTimeout as sleep } from 'node:timers/promises';

import { collectGarbage } from './collect-garbage';

const attempts = 5;

/** Counts turns of the loop, one immediate in each; as they are not referenced, the loop sleeps all the same. */
function countTurns(): () => number {
  let turns = 0;
  let next: NodeJS.Immediate;
  const again = (): void => {
    turns++;
    next = setImmediate(again).unref();
  };
  next = setImmediate(again).unref();
  return () => {
    clearImmediate(next);
    return turns;
  };
}

/**
 * How often the event loop goes round while nothing is to be done: a few times in so many milliseconds, unless it
 * spins. The least of several attempts: while V8 marks garbage, its tasks keep the loop going round, too.
 */
export async function fewestTurnsIn(milliseconds: number): Promise<number> {
  collectGarbage();
  const all: number[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const counted = countTurns();
    await sleep(milliseconds);
    all.push(counted());
  }
  return Math.min(...all);
}
