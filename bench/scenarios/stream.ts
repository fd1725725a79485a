import type { Forms } from '../core/driver';
import type { Params } from '../core/params';
import { Sink, Source } from '../core/payload';
import type { Result } from '../core/result';
import { formOf, nanoseconds } from './support';

/** Room for senders that still read a payload after the call returned. */
const SLOTS = 64;

/** One process sends without pause... */
export async function streamSend(forms: Forms, form: string, params: Params): Promise<void> {
  const { size, warm, count, check, batch } = params;
  const source = new Source(size, Math.max(batch, SLOTS));
  await formOf(forms.send, form)(source, batch)(warm + count + check);
}

/** ...and the other one, which receives, measures. */
export async function streamReceive(forms: Forms, form: string, params: Params): Promise<Result> {
  const { size, warm, count, check } = params;
  const sink = new Sink(size);
  const move = formOf(forms.receive, form)();
  const half = warm >> 1;
  await move(warm - half, sink.check);
  await move(half, sink.tally);
  const begin = nanoseconds();
  await move(count, sink.tally);
  const end = nanoseconds();
  await move(check, sink.check);
  sink.finish();
  return { values: { ns: (end - begin) / count }, latencies: {} };
}
