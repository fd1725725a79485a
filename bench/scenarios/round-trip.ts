import { setTimeout as sleep } from 'node:timers/promises';
import type { Forms } from '../core/driver';
import type { Params } from '../core/params';
import { differing, Source, verify } from '../core/payload';
import type { Result } from '../core/result';
import { Meter } from '../core/usage';
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
  let [meter, wrong] = [new Meter(), 0];
  let usage = {};
  for (let i = 0; i < total; i++) {
    const timed = i >= warm && i < warm + count;
    if (i === warm) meter = new Meter();
    if (i === warm + count) usage = meter.perMessage(count);
    if (pause > 0 && i >= drowsy) {
      await rest((timed ? pause : Math.min(pause, BRIEF)) / 1000, caller.blocking);
    }
    const payload = source.next();
    nanoseconds(); // after a rest the clock's own code is cold, and not what is measured
    const begin = nanoseconds();
    const reply = caller.blocking ? caller.call(payload) : await caller.call(payload);
    const end = nanoseconds();
    if (timed) latencies[i - warm] = end - begin;
    if (!timed) verify(reply, size, i, wrong);
    else if (reply.length !== size || reply[0] !== (i & 0xff)) wrong++;
  }
  if (wrong > 0) throw new Error(differing(wrong, 'message'));
  return { values: usage, latencies: { 'round trip': Array.from(latencies, Math.round) } };
}

export async function roundTripServe(forms: Forms, form: string, params: Params): Promise<Result> {
  const { warm, count, check } = params;
  const serve = formOf(forms.serve, form)();
  await serve(warm);
  const meter = new Meter();
  await serve(count);
  const values = meter.perMessage(count);
  await serve(check);
  return { values, latencies: {} };
}

const never = new Int32Array(new SharedArrayBuffer(4));

async function rest(milliseconds: number, blocking: boolean): Promise<void> {
  if (blocking) Atomics.wait(never, 0, 0, milliseconds);
  else await sleep(milliseconds);
}
