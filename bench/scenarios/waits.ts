import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { asleep } from '../core/asleep';
import type { Forms } from '../core/driver';
import type { Params } from '../core/params';
import { payload, verify } from '../core/payload';
import type { Result } from '../core/result';
import { formOf, nanoseconds } from './support';

/** Until all threads are parked. */
const SETTLE = 200;

/** In which nothing should go on. */
const WINDOWS = 3;

interface Footprint {
  threads: number;
  resident: number;
  virtual: number;
}

/** Many pending receives: what one costs to make, what it holds, and how soon it is answered. */
export async function waits(forms: Forms, form: string, params: Params): Promise<Result> {
  const { size, count, selectors } = params;
  const { receive, send } = formOf(forms.pending, form)();
  const select = (i: number): number => (i % selectors) + 1;
  const alone = footprint();
  // The first wait loads code and makes what the library makes once.
  for (let i = 0; i < params.warm; i++) {
    const first = receive(select(0));
    await sleep(1);
    send(payload(size, 0), select(0));
    verify(await first, size, 0);
  }
  await sleep(SETTLE);

  const created = new Float64Array(count);
  const promises: Promise<Uint8Array>[] = [];
  const before = footprint();
  for (let i = 0; i < count; i++) {
    const begin = nanoseconds();
    promises.push(receive(select(i)));
    created[i] = nanoseconds() - begin;
  }
  await sleep(SETTLE);
  const after = footprint();
  const idled = await idle();

  const woken = new Float64Array(count);
  for (const [i, promise] of promises.entries()) {
    const message = payload(size, i);
    const begin = nanoseconds();
    send(message, select(i));
    const data = await promise;
    woken[i] = nanoseconds() - begin;
    verify(data, size, i);
    await rearmed();
  }
  return {
    values: {
      idle: idled,
      threads: after.threads - alone.threads,
      resident: (after.resident - before.resident) / count,
      virtual: (after.virtual - before.virtual) / count,
    },
    latencies: {
      creation: Array.from(created, Math.round),
      wake: Array.from(woken, Math.round),
    },
  };
}

/** The least of some windows: what polls does so in each of them; what V8 has left to do after its work before, it does once. */
async function idle(): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < WINDOWS; i++) least = Math.min(least, await asleep());
  return least;
}

/** A turn of the event loop: a wait that is left of the same selector is parked again. */
function rearmed(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What the kernel says about this process; kibibytes. */
function footprint(): Footprint {
  global.gc?.();
  const status = readFileSync('/proc/self/status', 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]);
  return { threads: field('Threads'), resident: field('VmRSS'), virtual: field('VmSize') };
}
