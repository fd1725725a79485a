import { setTimeout as pause } from 'node:timers/promises';

/** How long a condition may take before the test is taken for stuck. Generous: machines are slow at times. */
const watchdog = 120_000;

/** Waits for a condition, asking every few milliseconds; the error names what did not come true. */
export async function waitUntil(
  what: string,
  condition: () => boolean | Promise<boolean>,
  within = watchdog,
): Promise<void> {
  const deadline = performance.now() + within;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      throw new Error(`Not within ${String(within)} ms: ${what}`);
    }
    await pause(2);
  }
}

/** A promise that must settle soon: rejects, with a name, where the test would hang. */
export async function soon<T>(what: string, promise: Promise<T>, within = watchdog): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const alarm = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`Not within ${String(within)} ms: ${what}`));
    }, within);
  });
  try {
    return await Promise.race([promise, alarm]);
  } finally {
    clearTimeout(timer);
  }
}
