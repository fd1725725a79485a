/**
 * mq_open, mq_close, mq_unlink, mq_send, mq_timedsend, mq_receive, mq_timedreceive, mq_getattr,
 * mq_setattr, mq_notify. A queue is its descriptor's number, and belongs to the caller.
 */

import { check, invalidType } from '../core/error';
import { bytesOf, integer, lengthOf, objectOf, type Data } from '../core/options';
import { native } from '../native';
import { PRIORITY_STEP } from '../posix/queue-message';
import type { Timespec } from './timespec';

/** struct mq_attr. */
export interface MqAttr {
  /** O_NONBLOCK or 0. */
  mq_flags: number;
  /** Most messages. */
  mq_maxmsg: number;
  /** Most bytes of one message. */
  mq_msgsize: number;
  /** Messages that are there now. */
  mq_curmsgs: number;
}

/** struct sigevent. */
export interface Sigevent {
  /** SIGEV_SIGNAL or SIGEV_NONE. */
  sigev_notify: number;
  /** The signal's number. */
  sigev_signo?: number;
  /** What comes with it: a 32-bit number. */
  sigev_value?: number;
}

/**
 * mq_open - open a message queue; make it with O_CREAT. Answers its descriptor, which is close-on-exec.
 *
 * `attr` gives `mq_maxmsg` and `mq_msgsize`; without it the system's defaults hold. The umask takes
 * from `mode`, as in C.
 * Errors: EACCES, EEXIST, EINVAL, EMFILE, ENAMETOOLONG, ENFILE, ENOENT, ENOMEM, ENOSPC.
 * Source: mq_open(3).
 *
 * ```js
 * const mqdes = mq_open('/jobs', O_CREAT | O_RDWR, 0o600, { mq_maxmsg: 10, mq_msgsize: 1024 });
 * ```
 */
export function mq_open(
  name: string,
  oflag: number,
  mode = 0,
  attr?: Pick<MqAttr, 'mq_maxmsg' | 'mq_msgsize'> | null,
): number {
  const bits = integer('mode', mode, 0, 0o7777);
  const sized = attr !== undefined && attr !== null;
  const { mq_maxmsg, mq_msgsize } = sized ? objectOf('attr', attr) : nothing;
  const fd = native.mqOpen(name, oflag, bits, sized, mq_maxmsg, mq_msgsize);
  return check(fd, 'mq_open', { path: name });
}

const nothing = { mq_maxmsg: 0, mq_msgsize: 0 };

/** mq_close - close a descriptor; a notification of this process is cancelled. Errors: EBADF. Source: mq_close(3). */
export function mq_close(mqdes: number): void {
  check(native.mqClose(mqdes), 'mq_close');
}

/** mq_unlink - remove a queue's name. Errors: EACCES, ENAMETOOLONG, ENOENT. Source: mq_unlink(3). */
export function mq_unlink(name: string): void {
  check(native.mqUnlink(name), 'mq_unlink', { path: name });
}

/**
 * mq_send - send a message; blocks while the queue is full.
 *
 * `msg_len` is its length in bytes. Errors: EAGAIN (O_NONBLOCK), EBADF, EINTR, EINVAL (the
 * priority), EMSGSIZE. Source: mq_send(3).
 */
export function mq_send(mqdes: number, msg_ptr: Data, msg_len: number, msg_prio: number): void {
  check(native.mqSend(mqdes, bytesOf('msg_ptr', msg_ptr), msg_len, msg_prio), 'mq_send');
}

/** mq_timedsend - the same, until an instant of CLOCK_REALTIME at most. Errors: and ETIMEDOUT. Source: mq_send(3). */
export function mq_timedsend(
  mqdes: number,
  msg_ptr: Data,
  msg_len: number,
  msg_prio: number,
  abs_timeout: Timespec,
): void {
  const { tv_sec, tv_nsec } = objectOf('abs_timeout', abs_timeout);
  const message = bytesOf('msg_ptr', msg_ptr);
  const result = native.mqTimedsend(mqdes, message, msg_len, msg_prio, tv_sec, tv_nsec);
  check(result, 'mq_timedsend');
}

/**
 * mq_receive - receive the oldest message of the highest priority; blocks while there is none.
 *
 * Returns its length; `msg_prio[0]` becomes its priority. `msg_len` is the room in `msg_ptr`, at
 * least the queue's `mq_msgsize`. Errors: EAGAIN (O_NONBLOCK), EBADF, EINTR, EMSGSIZE.
 * Source: mq_receive(3).
 *
 * ```js
 * const msg_ptr = Buffer.alloc(mq_getattr(mqdes).mq_msgsize);
 * const msg_prio = new Uint32Array(1);
 * const length = mq_receive(mqdes, msg_ptr, msg_ptr.length, msg_prio);
 * ```
 */
export function mq_receive(
  mqdes: number,
  msg_ptr: NodeJS.ArrayBufferView,
  msg_len: number,
  msg_prio?: Uint32Array | null,
): number {
  const priority = priorityIn(msg_prio);
  const result = native.mqReceive(mqdes, view(msg_ptr), msg_len);
  return parts(check(result, 'mq_receive'), priority);
}

/** mq_timedreceive - the same, until an instant of CLOCK_REALTIME at most. Errors: and ETIMEDOUT. Source: mq_receive(3). */
export function mq_timedreceive(
  mqdes: number,
  msg_ptr: NodeJS.ArrayBufferView,
  msg_len: number,
  msg_prio: Uint32Array | null | undefined,
  abs_timeout: Timespec,
): number {
  const priority = priorityIn(msg_prio);
  const { tv_sec, tv_nsec } = objectOf('abs_timeout', abs_timeout);
  const result = native.mqTimedreceive(mqdes, view(msg_ptr), msg_len, tv_sec, tv_nsec);
  return parts(check(result, 'mq_timedreceive'), priority);
}

/** mq_getattr - what a queue holds. Errors: EBADF. Source: mq_getattr(3). */
export function mq_getattr(mqdes: number): MqAttr {
  check(native.mqGetattr(mqdes, values), 'mq_getattr');
  return attributes();
}

/** mq_setattr - set or clear O_NONBLOCK, the rest stays; returns what was before. Errors: EBADF, EINVAL. Source: mq_getattr(3). */
export function mq_setattr(mqdes: number, newattr: Pick<MqAttr, 'mq_flags'>): MqAttr {
  const { mq_flags } = objectOf('newattr', newattr);
  check(native.mqSetattr(mqdes, mq_flags, values), 'mq_setattr');
  return attributes();
}

/**
 * mq_notify - be told, once, of a message that arrives in the empty queue; `null` unregisters.
 *
 * Without SIGEV_THREAD (EINVAL). Errors: EBADF, EBUSY, EINVAL. Source: mq_notify(3).
 */
export function mq_notify(mqdes: number, sevp: Sigevent | null): void {
  if (sevp === null) {
    check(native.mqNotify(mqdes, unregister, 0, 0), 'mq_notify');
    return;
  }
  const { sigev_notify, sigev_signo = 0, sigev_value = 0 } = objectOf('sevp', sevp);
  const how = integer('sevp.sigev_notify', sigev_notify, 0, 2 ** 31 - 1);
  check(native.mqNotify(mqdes, how, sigev_signo, sigev_value), 'mq_notify');
}

/** As sigev_notify (native/posix/mq.cc). */
const unregister = -1;

const values = new Float64Array(4);

function attributes(): MqAttr {
  const [mq_flags = 0, mq_maxmsg = 0, mq_msgsize = 0, mq_curmsgs = 0] = values;
  return { mq_flags, mq_maxmsg, mq_msgsize, mq_curmsgs };
}

/** The addon also takes the numbers of its own slabs; callers have views only. */
function view(memory: NodeJS.ArrayBufferView): NodeJS.ArrayBufferView {
  if (!ArrayBuffer.isView(memory)) {
    throw invalidType('msg_ptr', 'a Buffer, a TypedArray or a DataView', memory);
  }
  return memory;
}

function priorityIn(memory: Uint32Array | null | undefined): Uint32Array | undefined {
  if (memory === undefined || memory === null) return undefined;
  if (Object.prototype.toString.call(memory) !== '[object Uint32Array]' || lengthOf(memory) < 4) {
    throw invalidType('msg_prio', 'a Uint32Array of at least one element', memory);
  }
  return memory;
}

function parts(result: number, priority: Uint32Array | undefined): number {
  const above = Math.floor(result / PRIORITY_STEP);
  if (priority !== undefined) priority[0] = above;
  return result - above * PRIORITY_STEP;
}
