import { setTimeout as sleep } from 'node:timers/promises';
import type { Forms } from '../core/driver';
import type { Params } from '../core/params';
import { Source, verify } from '../core/payload';
import type { Result } from '../core/result';
import { formOf, nanoseconds } from './support';

/** Rest enough for both sides to fall asleep, in microseconds; for what is not timed. */
const BRIEF = 1000;
/** So many of the messages before the timed ones rest briefly too; those before them do not. */
const DROWSY = 100;

/** A request and its echo, one after the other; each is timed. */
export async function roundTripCall(forms: Forms, form: string, params: Params): Promise<Result> {
  const { size, warm, count, check, pause } = params;
  const latencies = new Float64Array(count);
  const caller = formOf(forms.call, form)();
  const source = new Source(size);
  const total = warm + count + check;
  const drowsy = warm - DROWSY;
  for (let i = 0; i < total; i++) {
    const timed = i >= warm && i < warm + count;
    if (pause > 0 && i >= drowsy) {
      await rest((timed ? pause : Math.min(pause, BRIEF)) / 1000, caller.blocking);
    }
    const payload = source.next();
    nanoseconds(); // after a rest the clock's own code is cold, and not what is measured
    const begin = nanoseconds();
    const reply = caller.blocking ? caller.call(payload) : await caller.call(payload);
    const end = nanoseconds();
    verify(reply, size, i);
    if (timed) latencies[i - warm] = end - begin;
  }
  return { values: {}, latencies: { 'round trip': Array.from(latencies, Math.round) } };
}

export async function roundTripServe(forms: Forms, form: string, params: Params): Promise<void> {
  await formOf(forms.serve, form)()(params.warm + params.count + params.check);
}

const never = new Int32Array(new SharedArrayBuffer(4));

async function rest(milliseconds: number, blocking: boolean): Promise<void> {
  if (blocking) Atomics.wait(never, 0, 0, milliseconds);
  else await sleep(milliseconds);
}
