/**
 * Requests that do not wait for each other, answered in their order. In flight: the next one goes as soon as
 * one of so many is answered, so whoever is slow is asked less often, as in `round-trip`: a closed loop. On
 * schedule: each goes at its time, and its latency counts from that time, whenever it went: an open loop.
 */

import type { Flight, Forms } from '../core/driver';
import type { Params } from '../core/params';
import { Sink, Source } from '../core/payload';
import type { Result } from '../core/result';
import { Meter } from '../core/usage';
import { formOf, nanoseconds } from './support';

/** Requests per second, by those that were answered one after the other: as in c/flight.c. */
const SHARE = 0.5;

/** When a request is to go, in nanoseconds; undefined: now. */
type Due = (request: number) => number | undefined;

type Take = (data: Uint8Array, latency: number) => void;

export function inFlightCall(forms: Forms, form: string, params: Params): Promise<Result> {
  return called(forms, form, params, undefined);
}

export function scheduleCall(forms: Forms, form: string, params: Params): Promise<Result> {
  const { rate = 0 } = params;
  return called(forms, form, params, (single) => (rate > 0 ? rate : SHARE * single));
}

/** `rateOf`: the schedule's, if there is one, from what was answered in a second one after the other. */
async function called(
  forms: Forms,
  form: string,
  { size, warm, count, check, window = 1 }: Params,
  rateOf: ((single: number) => number) | undefined,
): Promise<Result> {
  const flight = await formOf(forms.flight, form)();
  const caller = new Caller(flight, new Source(size, window + 1));
  const sink = new Sink(size);
  const half = warm >> 1;
  await caller.run(warm - half, sink.check, window);
  const warmed = nanoseconds();
  await caller.run(half, sink.tally, rateOf === undefined ? window : 1);
  const rate = rateOf?.((half * 1e9) / (nanoseconds() - warmed)) ?? 0;

  const latencies = new Float64Array(count);
  let taken = 0;
  const keep: Take = (data, latency) => {
    latencies[taken++] = latency;
    sink.tally(data);
  };
  const meter = new Meter();
  const begin = nanoseconds();
  await caller.run(count, keep, window, (request) =>
    rate > 0 ? begin + (request * 1e9) / rate : undefined,
  );
  const end = nanoseconds();
  const values = { ns: (end - begin) / count, rate, ...meter.perMessage(count) };
  await caller.run(check, sink.check, window);
  sink.finish();
  return { values, latencies: { request: Array.from(latencies, Math.round) } };
}

class Caller {
  #roomy: () => void = () => undefined;

  constructor(
    private readonly flight: Flight,
    private readonly source: Source,
  ) {}

  /** So many requests, of which `window` are under way at most, until all are answered. */
  async run(count: number, take: Take, window: number, due: Due = () => undefined): Promise<void> {
    const begun = new Float64Array(window);
    let [sent, taken] = [0, 0];
    const sending = async (): Promise<void> => {
      while (sent < count) {
        if (sent - taken >= window) await this.#room();
        const time = due(sent);
        if (time !== undefined) await until(time);
        begun[sent++ % window] = time ?? nanoseconds();
        const waiting = this.flight.send(this.source.next());
        if (waiting !== undefined) await waiting;
      }
    };
    const moved = this.flight.move(count, (data) => {
      take(data, nanoseconds() - (begun[taken++ % window] ?? NaN));
      this.#roomy();
    });
    await Promise.all([moved, sending()]);
  }

  #room(): Promise<void> {
    return new Promise((resolve) => (this.#roomy = resolve));
  }
}

/** Does not sleep: a timer would be late by a millisecond, and that would be taken for the transport's. */
async function until(time: number): Promise<void> {
  while (nanoseconds() < time) await new Promise((resolve) => setImmediate(resolve));
}
