/** connect(2) of sockets that listen: it waits while too many others wait to be accepted. */

import { errnoOf } from '../core/error';
import { Keeper } from '../core/keeper';
import { Lane } from '../core/lane';
import type { Limits } from '../core/lane';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { native } from '../native';
import { connectFailure } from './hints';
import { configure, type SocketPlan } from './socket-options';

const EAGAIN = -errnoOf('EAGAIN');

/** What was opened, configured. */
export function configured(handle: number, plan: SocketPlan): OwnedDescriptor {
  const descriptor = new OwnedDescriptor(handle);
  try {
    configure(descriptor.number, plan);
    return descriptor;
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/**
 * A connected socket. No event tells that there is room in the backlog, so a wait is on a thread of
 * the wait engine, in connect(2); ending it leaves nothing behind.
 */
export async function connected(
  type: number,
  name: Uint8Array,
  plan: SocketPlan,
  limits: Limits,
  method: unknown,
): Promise<OwnedDescriptor> {
  const attempt = (): number | undefined => {
    const handle = native.unixConnected(type, name, plan.credentials);
    if (handle === EAGAIN) return undefined;
    if (handle < 0) throw connectFailure(handle, name);
    return handle;
  };
  const handle = attempt() ?? (await waiting(type, name, plan, limits, method, attempt));
  return configured(handle, plan);
}

function waiting(
  type: number,
  name: Uint8Array,
  plan: SocketPlan,
  limits: Limits,
  method: unknown,
  attempt: () => number | undefined,
): Promise<number> {
  const lane = new Lane(new Keeper(), () => undefined);
  const call = {
    attempt,
    start: () => native.unixConnectedWait(type, name, plan.credentials),
    block: (timeout: number): [number, number, number] => [
      native.unixConnectedTimed(type, name, plan.credentials, timeout),
      0,
      0,
    ],
    complete: (handle: number) => handle,
    failure: (error: number | string) => connectFailure(error, name),
  };
  return lane.add(call, limits, method, true);
}

/** The same, blocking the thread. */
export function connectedSync(
  type: number,
  name: Uint8Array,
  plan: SocketPlan,
  timeout: number,
): OwnedDescriptor {
  const handle = native.unixConnectedTimed(type, name, plan.credentials, timeout);
  if (handle < 0) throw connectFailure(handle, name);
  return configured(handle, plan);
}
