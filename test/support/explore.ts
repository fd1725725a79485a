/** Looks at all states of a machine whose steps can mix in every way. */

export interface Machine<State> {
  first: State;
  /** All states that one step leads to. */
  after: (state: State) => Iterable<State>;
  /** States with the same key are one. */
  keyOf: (state: State) => string;
  /** What must never be: a reason, or undefined. */
  wrong: (state: State) => string | undefined;
}

/** How many states can be reached, and what is wrong with one of them. */
export interface Explored {
  states: number;
  fault: string | undefined;
}

export function explored<State>({ first, after, keyOf, wrong }: Machine<State>): Explored {
  const seen = new Set([keyOf(first)]);
  const open = [first];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const fault = wrong(state);
    if (fault !== undefined) return { states: seen.size, fault };
    for (const next of after(state)) {
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      open.push(next);
    }
  }
  return { states: seen.size, fault: undefined };
}
