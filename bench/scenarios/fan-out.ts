import { sourceFor, type Forms } from '../core/driver';
import { allThere, arrive } from '../core/folder-meeting';
import type { Params } from '../core/params';
import { Sink } from '../core/payload';
import type { Result } from '../core/result';
import { Meter } from '../core/usage';
import { formOf, nanoseconds } from './support';

/** One process sends each message to many, once all of them are there... */
export async function fanOutSend(forms: Forms, form: string, params: Params): Promise<Result> {
  const { size, warm, count, check, receivers = 1 } = params;
  const send = formOf(forms.fanOut, form)(sourceFor(forms, size, AHEAD), receivers);
  await allThere(params, receivers);
  await send(warm);
  const meter = new Meter();
  const begin = nanoseconds();
  await send(count);
  const end = nanoseconds();
  const values = { ns: (end - begin) / count, ...meter.perMessage(count) };
  await send(check);
  return { values, latencies: {} };
}

/** As many payloads are made before their memory is used again, where they may still be read. */
const AHEAD = 512;

/** ...and each of those takes all of them. */
export async function fanOutReceive(forms: Forms, form: string, params: Params): Promise<Result> {
  const { size, warm, count, check } = params;
  const sink = new Sink(size);
  const move = formOf(forms.fanIn, form)();
  arrive(params);
  const half = warm >> 1;
  await move(warm - half, sink.check);
  await move(half, sink.tally);
  const meter = new Meter();
  const begin = nanoseconds();
  await move(count, sink.tally);
  const end = nanoseconds();
  const usage = meter.perMessage(count);
  await move(check, sink.check);
  sink.finish();
  return { values: { ns: (end - begin) / count, ...usage }, latencies: {} };
}
