/** The promise form of a call that cannot wait: it never throws, it rejects. */
export function promised<R>(call: () => R): Promise<R> {
  return new Promise((resolve) => {
    resolve(call());
  });
}

/*
 * What an async function does for a call that is nearly always done at once, for half the price: beside a short system
 * call that is seen. The call itself stands in a `try`, whose `catch` is `rejected`.
 */

/** Of what is done, or will be. */
export function done(outcome: true | Promise<true>): Promise<void> {
  return outcome === true ? Promise.resolve() : outcome.then(() => undefined);
}

/** Of what has thrown. */
export function rejected(error: unknown): Promise<never> {
  return promised(() => {
    throw error;
  });
}
