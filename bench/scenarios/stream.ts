import type { Forms } from '../core/driver';
import type { Params } from '../core/params';
import { Sink, Source } from '../core/payload';
import type { Result } from '../core/result';
import { received, sent } from './one-way';
import { formOf } from './support';

/** Room for senders that still read a payload after the call returned. */
const SLOTS = 64;

/** One process sends without pause... */
export function streamSend(forms: Forms, form: string, params: Params): Promise<Result> {
  const { size, batch } = params;
  return sent(formOf(forms.send, form)(new Source(size, Math.max(batch, SLOTS)), batch), params);
}

/** ...and the other one receives. */
export function streamReceive(forms: Forms, form: string, params: Params): Promise<Result> {
  return received(formOf(forms.receive, form)(), new Sink(params.size), params);
}
