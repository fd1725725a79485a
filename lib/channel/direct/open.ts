import { setTimeout as sleep } from 'node:timers/promises';

import { deadlineAfter, remaining } from '../../core/deadline';
import { eitherOf } from '../../core/either';
import { ClosedError, invalidType, SystemError } from '../../core/error';
import type { Limits } from '../../core/lane';
import { limitsOf } from '../../core/limits';
import {
  fileMode,
  integer,
  optionsOf,
  throwIfAborted,
  timeoutOf,
  type WaitOptions,
} from '../../core/options';
import { nameOf } from '../../core/shared-object';
import { Process } from '../../event/process';
import { capacityOf, useOf, type OpenChannelOptions } from '../opening';
import { directOf, type Direct } from './direct';
import { atExit } from './exit';
import { HELLO } from './frame';
import { mostWindow } from './layout';
import { directFailure, Link } from './link';
import { trySeat, type Meeting, type Seat } from './meeting';

/** How two ends meet. What is said of the object is what the first one says. */
export interface DirectOptions extends OpenChannelOptions {
  /**
   * Bytes of each of the four rings, as of a Channel. A request or a reply has 16 bytes less at
   * most. Default 256 KiB.
   */
  capacity?: number | undefined;
  /** Requests of each end that may be unanswered: 1 to 1,048,576. Default 1024. */
  window?: number | undefined;
  /** Permission bits, exactly. Both ends must read and write. Default 0o600. */
  mode?: number | undefined;
  /** Milliseconds to wait for the other end; by default for ever. Expiry is ETIMEDOUT. */
  timeout?: number | undefined;
}

const usualCapacity = 1 << 18;
const usualWindow = 1024;
const mostPid = 2 ** 31 - 1;

/** Milliseconds between two looks at a name that is going to be removed. */
const pause = 1;

/** How long a meeting lasts, and whether it still can be. */
interface Target {
  meeting: Meeting;
  /** The process that is awaited, where it is known. */
  process: Process | undefined;
}

/** Whatever the order, it is the same name. */
function nameFor(...processes: Process[]): string {
  const parts = processes.map(({ pid, startTime }) => `${String(pid)}.${String(startTime)}`);
  return `/posix-ipc-direct-${parts.sort().join('-')}`;
}

function targetOf(target: number | string, options: DirectOptions | undefined): Target {
  const given = optionsOf(options);
  const { capacity = usualCapacity, window = usualWindow, mode = 0o600 } = given;
  const how = {
    capacity: capacityOf(capacity),
    window: integer('options.window', window, 1, mostWindow),
    mode: fileMode('options.mode', mode),
    use: useOf(given),
  };
  if (typeof target !== 'number') {
    if (typeof target !== 'string') throw invalidType('target', 'a pid or a name', target);
    return { meeting: { name: nameOf(target), isPrivate: false, ...how }, process: undefined };
  }
  const process_ = Process.openSync(integer('target', target, 1, mostPid));
  try {
    using self = Process.openSync(process.pid);
    return {
      meeting: { name: nameFor(self, process_), isPrivate: true, ...how },
      process: process_,
    };
  } catch (error) {
    process_.close();
    throw error;
  }
}

/** A seat, and the link of it, until it is a Direct's or given up. */
interface Taken {
  seat: Seat;
  link: Link;
  giveUp: (reason: unknown) => void;
  done: () => void;
}

/** Nothing is held where somebody has overwritten the memory. */
function linkOf(seat: Seat, { use: { waiting } }: Meeting): Link {
  const { theirCalls: place, theirCallsRole: role, calls: sender, side } = seat;
  let link: Link;
  try {
    link = new Link({ place, role, sender, waiting, met: side === 1 });
  } catch (error) {
    seat.leaveUnmet();
    throw error;
  }
  if (side === 0) return link;
  try {
    link.put(HELLO, 0, 0, new Uint8Array(0));
    sender.flush();
    return link;
  } catch (error) {
    link.close(() => error as Error);
    seat.leave();
    throw error;
  }
}

function take(seat: Seat, meeting: Meeting): Taken {
  const link = linkOf(seat, meeting);
  const leave = (reason: unknown): void => {
    link.close(() => reason as Error);
    seat.leave();
  };
  const done = atExit(() => {
    leave(new ClosedError('direct channel'));
  });
  const giveUp = (reason: unknown): void => {
    done();
    leave(reason);
  };
  return { seat, link, giveUp, done };
}

function noProcess(pid: number): SystemError {
  return new SystemError('ESRCH', 'direct', { id: pid, hint: 'it has ended, and never came' });
}

function become({ seat, link, done }: Taken, { use }: Meeting): Direct {
  const made = directOf(seat, link, use.codec);
  done();
  return made;
}

async function meet({ meeting }: Target, limits: Limits): Promise<Direct> {
  const deadline = deadlineAfter(limits.timeout);
  let seat = trySeat(meeting);
  while (seat === undefined) {
    throwIfAborted(limits.signal);
    if (remaining(deadline) === 0) throw directFailure('ETIMEDOUT', meeting.name);
    await sleep(pause);
    seat = trySeat(meeting);
  }
  const taken = take(seat, meeting);
  try {
    await taken.link.meet({ ...limits, timeout: remaining(deadline) }, direct);
    return become(taken, meeting);
  } catch (error) {
    taken.giveUp(error);
    throw error;
  }
}

/**
 * Meets another process, for messages and requests in both directions.
 *
 * By pid: each names the other. By name: the first two meet. It waits for the other one. Errors:
 * EBUSY (two have met at that name already), ESRCH (there is no such process, or it has ended), ENOSYS (by pid:
 * before Linux 5.3), ETIMEDOUT, EINVAL (at that name is something else), EPROTO, EBADMSG, and those
 * of `Channel.create`. Source: docs/direct.md.
 *
 * ```js
 * using direct = await channel.direct(child.pid, { timeout: 5000 }); // here
 *
 * using direct = await channel.direct(process.ppid); // there
 * ```
 */
export async function direct(
  target: number | string,
  options?: DirectOptions & WaitOptions,
): Promise<Direct> {
  const limits = limitsOf(options);
  const found = targetOf(target, options);
  const { process: other } = found;
  if (other === undefined) return meet(found, limits);
  const died = new AbortController();
  const { signal: given } = limits;
  const signal = given === undefined ? died.signal : eitherOf(given, died.signal);
  other.ended().then(
    () => {
      died.abort(noProcess(other.pid));
    },
    () => undefined, // closed, below
  );
  try {
    return await meet(found, { ...limits, signal });
  } finally {
    other.close();
  }
}

/** As `direct`, blocking the thread. */
export function directSync(target: number | string, options?: DirectOptions): Direct {
  const timeout = timeoutOf(optionsOf(options));
  const { meeting, process: other } = targetOf(target, options);
  try {
    return meetSync(meeting, timeout, () => {
      if (other?.tryEnded() === true) throw noProcess(other.pid);
    });
  } finally {
    other?.close();
  }
}

function meetSync(meeting: Meeting, timeout: number, check: () => void): Direct {
  const deadline = deadlineAfter(timeout);
  let seat = trySeat(meeting);
  while (seat === undefined) {
    if (remaining(deadline) === 0) throw directFailure('ETIMEDOUT', meeting.name);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    seat = trySeat(meeting);
  }
  const taken = take(seat, meeting);
  try {
    taken.link.meetSync(remaining(deadline), check);
    return become(taken, meeting);
  } catch (error) {
    taken.giveUp(error);
    throw error;
  }
}
