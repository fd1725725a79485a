import { sourceFor, type Forms } from '../core/driver';
import type { Params } from '../core/params';
import { Sink } from '../core/payload';
import type { Result } from '../core/result';
import { received, sent } from './one-way';
import { formOf } from './support';

/** One process sends without pause... */
export function streamSend(forms: Forms, form: string, params: Params): Promise<Result> {
  const { size, batch } = params;
  return sent(formOf(forms.send, form)(sourceFor(forms, size, batch), batch), params);
}

/** ...and the other one receives. */
export function streamReceive(forms: Forms, form: string, params: Params): Promise<Result> {
  return received(formOf(forms.receive, form)(), new Sink(params.size), params);
}
