/** Random numbers for campaigns. */

export function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}

export function chance(probability: number): boolean {
  return Math.random() < probability;
}

export function oneOf<T>(list: readonly T[]): T {
  return list[below(list.length)] as T;
}

/** A signal that is aborted at once, in the next turn of the event loop, or a little later. */
export function abortedSoon(): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort('storm');
  };
  if (chance(0.2)) queueMicrotask(abort);
  else if (chance(0.4)) setImmediate(abort);
  else setTimeout(abort, below(4));
  return controller.signal;
}
