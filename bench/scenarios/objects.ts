import type { Forms } from '../core/driver';
import type { Params } from '../core/params';
import type { Result } from '../core/result';
import { thing, ThingSink, type Thing } from '../core/things';
import { received, sent } from './one-way';
import { formOf } from './support';

/** One process makes objects and sends them; making them is part of the work, as taking them apart is... */
export function objectsSend(forms: Forms, form: string, params: Params): Promise<Result> {
  let made = 0;
  const make = (): Thing => thing(made++);
  const send = formOf(forms.sendObjects, form)();
  return sent((count) => send(count, make), params);
}

/** ...and the other one receives. */
export function objectsReceive(forms: Forms, form: string, params: Params): Promise<Result> {
  return received(formOf(forms.receiveObjects, form)(), new ThingSink(), params);
}
