const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Somebody wants the program to end. */
export class Interruption extends Error {
  constructor(readonly signal: (typeof SIGNALS)[number] | 'SIGPIPE') {
    super(`interrupted by ${signal}`);
  }
}

/** From now on a signal such as Ctrl-C's aborts, instead of ending the process with work undone. */
export function interruptions(): AbortSignal {
  const controller = new AbortController();
  const abort = (signal: Interruption['signal']): void => {
    controller.abort(new Interruption(signal));
  };
  // For good, not once: npm passes Ctrl-C on, so that it can arrive twice.
  for (const signal of SIGNALS) process.on(signal, abort);
  // Nobody reads the output any more, as in `npm start | head`.
  process.stdout.on('error', () => {
    abort('SIGPIPE');
  });
  return controller.signal;
}

/** Ends the process as the signal would have done, so that a shell sees what happened. */
export function dieOf({ signal }: Interruption): void {
  process.exitCode = 1;
  if (signal === 'SIGPIPE') return; // Node ignores it
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
