import { invalidType } from '../core/error';
import type { Mapping } from '../core/mapping';
import { callable, optionsOf } from '../core/options';
import type { LockHandle, LockOpener } from './lock-memory';

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

export interface RecoverOption<G> {
  recover?: ((guard: G) => unknown) | undefined;
}

/** A lock that was just opened or made, and what this process does after a death. */
export interface Recovering<G> {
  handle: LockHandle;
  recover: ((guard: G) => unknown) | undefined;
}

/** As `LockOpener`. */
export interface RecoveringOpener<G, Options, AtOptions> {
  create: (name: string | undefined, options: Options | undefined) => Recovering<G>;
  open: (name: string, options: RecoverOption<G> | undefined) => Recovering<G>;
  openOrCreate: (name: string | undefined, options: Options | undefined) => Recovering<G>;
  openAt: (mapping: Mapping, byteOffset: number, options: AtOptions | undefined) => Recovering<G>;
}

/** The opener of locks whose options may say how to recover. */
export function recoveringOpener<
  G,
  Options extends RecoverOption<G>,
  AtOptions extends RecoverOption<G>,
>(opener: LockOpener<Options, AtOptions>): RecoveringOpener<G, Options, AtOptions> {
  const recovering = (
    options: RecoverOption<G> | undefined,
    open: () => LockHandle,
  ): Recovering<G> => {
    const { recover } = optionsOf(options);
    if (recover !== undefined) callable('options.recover', recover);
    return { handle: open(), recover };
  };
  return {
    create: (name, options) => recovering(options, () => opener.create(name, options)),
    open: (name, options) => recovering(options, () => opener.open(name)),
    openOrCreate: (name, options) => recovering(options, () => opener.openOrCreate(name, options)),
    openAt: (mapping, byteOffset, options) =>
      recovering(options, () => opener.openAt(mapping, byteOffset, options)),
  };
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
