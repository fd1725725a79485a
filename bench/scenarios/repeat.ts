import type { Forms } from '../core/driver';
import type { Params } from '../core/params';
import type { Result } from '../core/result';
import { Migrations } from '../core/usage';
import { formOf, nanoseconds } from './support';

/** One process does the same work over and over: what it costs when nobody sleeps. */
export async function repeat(forms: Forms, form: string, params: Params): Promise<Result> {
  const { warm, count } = params;
  const work = formOf(forms.repeat, form)(params);
  const half = warm >> 1;
  await work(warm - half);
  await work(half);
  const migrations = new Migrations();
  const begin = nanoseconds();
  const pending = work(count);
  if (pending !== undefined) await pending;
  const end = nanoseconds();
  const moved = migrations.since();
  return { values: { ns: (end - begin) / count, ...moved }, latencies: {} };
}
