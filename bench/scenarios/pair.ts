import type { Forms } from '../core/driver';
import type { Params } from '../core/params';
import { Sink, Source } from '../core/payload';
import type { Result } from '../core/result';
import { Migrations } from '../core/usage';
import { formOf, nanoseconds } from './support';

/** One process sends messages and takes them back: what a call costs when nobody sleeps. */
export async function pair(forms: Forms, form: string, params: Params): Promise<Result> {
  const { size, warm, count, check, batch } = params;
  const sink = new Sink(size);
  const move = formOf(forms.pair, form)(new Source(size, batch), batch);
  await move(warm, sink.check);
  await move(warm, sink.tally);
  const migrations = new Migrations();
  const begin = nanoseconds();
  const pending = move(count, sink.tally);
  if (pending !== undefined) await pending;
  const end = nanoseconds();
  const moved = migrations.since();
  await move(check, sink.check);
  sink.finish();
  return { values: { ns: (end - begin) / count, ...moved }, latencies: {} };
}
