/** What must not outlive the benchmark: queues, processes, files. Also on Ctrl-C. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Whether it is one of those that end the benchmark. */
export function isOurs(signal: unknown): signal is (typeof SIGNALS)[number] {
  return SIGNALS.some((one) => one === signal);
}

const undoings = new Set<() => void>();

/** Runs `undo` once: when the answered function is called, or else at the end of the process. */
export function undoLater(undo: () => void): () => void {
  undoings.add(undo);
  return () => {
    if (undoings.delete(undo)) undo();
  };
}

/** Makes several things; where one of them fails, those before it are undone, the latest first. */
export function making<T>(make: (undo: (one: () => void) => void) => T): T {
  const undos: (() => void)[] = [];
  try {
    return make((one) => undos.push(one));
  } catch (error) {
    for (const undo of undos.reverse()) undo();
    throw error;
  }
}

/** The latest first. */
function undoAll(): void {
  for (const undo of [...undoings].reverse()) {
    undoings.delete(undo);
    try {
      undo();
    } catch (error) {
      console.error(error);
    }
  }
}

/** Ends the process as the signal would have ended it, so that a shell sees what happened; but undoes what is to be undone. */
export function endBy(signal: NodeJS.Signals): void {
  undoAll();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** Call once, at the start. `goesOn`: whether the process, of which all is undone, has something to say after this SIGINT. */
export function undoAtExit(goesOn: () => boolean): void {
  process.on('exit', undoAll);
  for (const signal of SIGNALS) {
    // Not once: without a listener a second signal would end it in the midst of this.
    process.on(signal, () => {
      if (signal === 'SIGINT' && goesOn()) undoAll();
      else endBy(signal);
    });
  }
}
