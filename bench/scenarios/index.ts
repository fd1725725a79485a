import type { Forms } from '../core/driver';
import type { Params } from '../core/params';
import type { Result } from '../core/result';
import { pair } from './pair';
import { repeat } from './repeat';
import { roundTripCall, roundTripServe } from './round-trip';
import { streamReceive, streamSend } from './stream';
import { waits } from './waits';

/** What a program of a scenario does; the one that measures answers a result. */
type Role = (forms: Forms, form: string, params: Params) => Promise<Result | undefined>;

function silent(role: (...args: Parameters<Role>) => Promise<void>): Role {
  return async (...args) => {
    await role(...args);
    return undefined;
  };
}

/** Under the names that the C program knows too. */
export const roles: Record<string, Role> = {
  pair,
  'stream-send': silent(streamSend),
  'stream-receive': streamReceive,
  'round-trip-call': roundTripCall,
  'round-trip-serve': silent(roundTripServe),
  waits,
  repeat,
};
