/** What a program uses beside time, and how late its event loop is. As in c/support.c. */

import { openSync, readSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Milliseconds between two looks at the event loop. */
const RESOLUTION = 1;

interface Usage {
  /** In user and kernel mode, of all threads; microseconds. */
  cpu: number;
  voluntary: number;
  involuntary: number;
}

/** How often the kernel has moved the thread to another CPU since this was made. */
export class Migrations {
  readonly #before = migrated();

  /** Nothing where the kernel does not tell. */
  since(): { migrations?: number } {
    const [before, after] = [this.#before, migrated()];
    return before === undefined || after === undefined ? {} : { migrations: after - before };
  }
}

/** Opened once, so that looking takes little time. */
const schedule: { fd?: number; text: Buffer } = { text: Buffer.alloc(8192) };

function migrated(): number | undefined {
  try {
    schedule.fd ??= openSync('/proc/thread-self/sched', 'r');
    const length = readSync(schedule.fd, schedule.text, 0, schedule.text.length, 0);
    const found = /nr_migrations\s*:\s*(\d+)/.exec(schedule.text.toString('latin1', 0, length));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined; // the kernel may have been built without it
  }
}

/** What was used for each of `count` messages since it was made; and how often the thread was moved, in all. */
export class Meter {
  readonly #migrations = new Migrations();
  readonly #before = used();

  perMessage(count: number): Record<keyof Usage, number> & { migrations?: number } {
    const after = used();
    const each = (name: keyof Usage): number => (after[name] - this.#before[name]) / count;
    return {
      cpu: each('cpu'),
      voluntary: each('voluntary'),
      involuntary: each('involuntary'),
      ...this.#migrations.since(),
    };
  }
}

function used(): Usage {
  const { userCPUTime, systemCPUTime, voluntaryContextSwitches, involuntaryContextSwitches } =
    process.resourceUsage();
  return {
    cpu: userCPUTime + systemCPUTime,
    voluntary: voluntaryContextSwitches,
    involuntary: involuntaryContextSwitches,
  };
}

/** How late a timer of the event loop is while this runs. */
export class Lateness {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION });

  constructor() {
    this.#histogram.enable();
  }

  /** Microseconds. `nanoseconds`: how long it ran; where the loop has not turned, so late it is. */
  end(nanoseconds: number): Record<'loop p50' | 'loop p99' | 'loop max', number> {
    this.#histogram.disable();
    const { count, max } = this.#histogram;
    const late = (interval: number): number => Math.max(interval / 1000 - RESOLUTION * 1000, 0);
    const at = (percentile: number): number =>
      count === 0 ? nanoseconds / 1000 : late(this.#histogram.percentile(percentile));
    return {
      'loop p50': at(50),
      'loop p99': at(99),
      'loop max': count === 0 ? nanoseconds / 1000 : late(max),
    };
  }
}
