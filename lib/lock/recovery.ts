import { invalidType } from '../core/error';

/** A guard that tells of a death. */
interface Told {
  readonly released: boolean;
}

/** What a guard can do that only its own lock may ask for. */
export interface Ends<G extends Told> {
  /** Gives it up as if its process had died. */
  abandon: (guard: G) => void;
  /** Says that the data is whole, unless that was said. */
  settle: (guard: G) => void;
}

/** What the callback has repaired is consistent. What it has not, the next owner is told of. */
export async function recovered<G extends Told>(
  guard: G,
  recover: (guard: G) => unknown,
  ends: Ends<G>,
): Promise<G> {
  try {
    await recover(guard);
    ends.settle(guard);
    return guard;
  } catch (error) {
    throw givenUp(guard, error, ends);
  }
}

/** The same, of a callback that has done all when it returns. */
export function recoveredSync<G extends Told>(
  guard: G,
  recover: (guard: G) => unknown,
  ends: Ends<G>,
): G {
  try {
    const answer = recover(guard);
    if (isThenable(answer)) {
      answer.then(undefined, () => undefined); // it is refused, whatever comes of it
      throw invalidType('options.recover', 'a function that answers no promise here', answer);
    }
    ends.settle(guard);
    return guard;
  } catch (error) {
    throw givenUp(guard, error, ends);
  }
}

function givenUp<G extends Told>(guard: G, error: unknown, ends: Ends<G>): unknown {
  if (!guard.released) ends.abandon(guard);
  return error;
}

/** Whether it is a promise, of whatever make. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
