/** What one-way scenarios share, whatever it is that goes one way. */

import type { Params } from '../core/params';
import type { Result } from '../core/result';
import { Lateness, Meter } from '../core/usage';
import { nanoseconds } from './support';

/** What looks at all that comes. */
interface Looks<T> {
  readonly check: T;
  readonly tally: T;
  finish(): void;
}

/** One process sends... */
export async function sent(send: (count: number) => unknown, params: Params): Promise<Result> {
  const { warm, count, check } = params;
  await send(warm);
  const meter = new Meter();
  await send(count);
  const values = meter.perMessage(count);
  await send(check);
  return { values, latencies: {} };
}

/** ...and the other one, which receives, measures. */
export async function received<T>(
  move: (count: number, take: T) => unknown,
  sink: Looks<T>,
  { warm, count, check }: Params,
): Promise<Result> {
  const half = warm >> 1;
  await move(warm - half, sink.check);
  await move(half, sink.tally);
  const [lateness, meter] = [new Lateness(), new Meter()];
  const begin = nanoseconds();
  await move(count, sink.tally);
  const end = nanoseconds();
  const usage = { ...meter.perMessage(count), ...lateness.end(end - begin) };
  await move(check, sink.check);
  sink.finish();
  return { values: { ns: (end - begin) / count, ...usage }, latencies: {} };
}
