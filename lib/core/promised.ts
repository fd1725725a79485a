/** The promise form of a call that cannot wait: it never throws, it rejects. */
export function promised<R>(call: () => R): Promise<R> {
  return new Promise((resolve) => {
    resolve(call());
  });
}
