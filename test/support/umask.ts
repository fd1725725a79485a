/** Calls while the process has another umask. */
export function withUmask<R>(mask: number, call: () => R): R {
  const before = process.umask(mask);
  try {
    return call();
  } finally {
    process.umask(before);
  }
}
