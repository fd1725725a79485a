import { CallSite } from './call-site';
import { keepAlive, whenEnded } from './engine';

/**
 * The promise of a native call that takes its time and cannot be taken back: it runs on a thread of
 * the wait engine, and keeps the process alive until it has ended.
 *
 * `start` answers the number of a native wait or a negated errno; `failure` is the error that a
 * negated errno stands for; `method` the public method, whose caller the stack shows.
 */
export function inBackground(
  start: () => number,
  failure: (error: number) => Error,
  method: unknown,
): Promise<void> {
  const site = new CallSite(method);
  return new Promise((resolve, reject) => {
    const wait = start();
    if (wait < 0) {
      reject(site.mark(failure(wait)));
      return;
    }
    keepAlive(1);
    whenEnded(wait, (result) => {
      keepAlive(-1);
      if (result < 0) reject(site.mark(failure(result)));
      else resolve();
    });
  });
}
