import type { Forms } from '../core/driver';
import type { Params } from '../core/params';
import type { Result } from '../core/result';
import { fanOutReceive, fanOutSend } from './fan-out';
import { inFlightCall, scheduleCall } from './flight';
import { gatherReceive, gatherSend, shareReceive, shareSend } from './many';
import { objectsReceive, objectsSend } from './objects';
import { pair } from './pair';
import { repeat } from './repeat';
import { roundTripCall, roundTripServe } from './round-trip';
import { streamReceive, streamSend } from './stream';
import { waits } from './waits';

/** What a program of a scenario does, and what it says of that; the one that measures knows most. */
type Role = (forms: Forms, form: string, params: Params) => Promise<Result>;

/** Under the names that the C program knows too. */
export const roles: Record<string, Role> = {
  pair,
  'stream-send': streamSend,
  'stream-receive': streamReceive,
  'objects-send': objectsSend,
  'objects-receive': objectsReceive,
  'fan-out-send': fanOutSend,
  'fan-out-receive': fanOutReceive,
  'round-trip-call': roundTripCall,
  'round-trip-serve': roundTripServe,
  'gather-send': gatherSend,
  'gather-receive': gatherReceive,
  'share-send': shareSend,
  'share-receive': shareReceive,
  'in-flight-call': inFlightCall,
  'in-flight-serve': roundTripServe,
  'schedule-call': scheduleCall,
  'schedule-serve': roundTripServe,
  waits,
  repeat,
};
