/**
 * How sets are made and found.
 *
 * semget makes a set whose values are not those that its maker wants; setting them is a second
 * call, and another process may open the set between the two. So a maker ends with an operation,
 * which sets sem_otime, and an opener waits until it sees that.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import { deadlineAfter, now } from '../core/deadline';
import { check, errnoOf, outOfRange, SystemError } from '../core/error';
import { boolean, fileMode, integer, listOf, optionsOf, timeoutOf } from '../core/options';
import { quick3 } from '../core/quick';
import { native } from '../native';
import {
  GETPID,
  GETVAL,
  IPC_CREAT,
  IPC_EXCL,
  IPC_PRIVATE,
  IPC_RMID,
  IPC_STAT,
  SETALL,
} from './constants';
import { checkKey, checkKeyOf, randomKey, type Key } from './key';
import { SEMBUFS, sembufs } from './sembuf';
import { semgetHint } from './semaphore-hints';
import { SEMVMX } from './semaphore-options';
import { change } from './semaphore-status';
import { semctlStatus, semctlValue } from './semid-ds';

/** What a set is made with. */
export interface SemaphoreCreateOptions {
  /** How many semaphores; 1 by default, or as many as there are `values`. */
  count?: number | undefined;
  /** The value that each begins with, 0 to 32767; 0 by default. */
  value?: number | undefined;
  /** A value for each. */
  values?: Iterable<number> | undefined;
  /** Permission bits, exactly: System V ignores the umask. Default 0o600. */
  mode?: number | undefined;
}

/** How to find a set that its maker may still be initialising. */
export interface SemaphoreOpenOptions {
  /** How long to wait for its maker, in milliseconds; 1000 by default. Expiry: ETIMEDOUT. */
  timeout?: number | undefined;
  /** Take the set as it is, initialised or not; false by default. */
  uninitialised?: boolean | undefined;
}

/** Options of `openOrCreate`. */
export interface SemaphoreOpenOrCreateOptions
  extends SemaphoreCreateOptions, SemaphoreOpenOptions {}

/** A set that was just found or made. */
export interface OpenedSet {
  id: number;
  key: number;
  count: number;
}

interface CreatePlan {
  values: number[];
  mode: number;
}

interface OpenPlan {
  timeout: number;
  uninitialised: boolean;
}

const EACCES = -errnoOf('EACCES');
const EEXIST = -errnoOf('EEXIST');
const EIDRM = -errnoOf('EIDRM');
const EINVAL = -errnoOf('EINVAL');
const ENOENT = -errnoOf('ENOENT');

const patience = 1000;
/** How often an opener looks, in milliseconds. */
const pause = 1;
/** What its maker needs in any case to set the values, and to perform the first operation. */
const ownerReadWrite = 0o600;

function createPlan(options: SemaphoreCreateOptions | undefined): CreatePlan {
  const { count, value, values, mode } = optionsOf(options);
  return {
    values: valuesOf(count, value, values),
    mode: mode === undefined ? 0o600 : fileMode('options.mode', mode),
  };
}

function valuesOf(
  count: number | undefined,
  value: number | undefined,
  values: Iterable<number> | undefined,
): number[] {
  const most = 0x10000; // more cannot be numbered
  const size = count === undefined ? undefined : integer('options.count', count, 1, most);
  const same = value === undefined ? 0 : integer('options.value', value, 0, SEMVMX);
  if (values === undefined) return Array.from({ length: size ?? 1 }, () => same);
  if (value !== undefined)
    throw outOfRange('options.value', 'absent where values are given', value);
  const list = [...listOf('options.values', values)];
  for (const one of list) integer('options.values', one, 0, SEMVMX);
  if (list.length === 0 || list.length !== (size ?? list.length)) {
    throw outOfRange('options.values', 'a list of one value for each semaphore', list.length);
  }
  return list;
}

function openPlan(options: SemaphoreOpenOptions | undefined): OpenPlan {
  const given = optionsOf(options);
  const { timeout, uninitialised } = given;
  return {
    timeout: timeout === undefined ? patience : timeoutOf(given),
    uninitialised: uninitialised !== undefined && boolean('options.uninitialised', uninitialised),
  };
}

// ---- making

/** semget of a new set, initialised; a negated errno where semget fails. */
function tryCreate(key: number, plan: CreatePlan): number {
  const { values, mode } = plan;
  const id = native.semget(key, values.length, IPC_CREAT | IPC_EXCL | mode | ownerReadWrite);
  if (id < 0) return id;
  try {
    initialise(id, plan, { key, id });
  } catch (error) {
    semctlValue(id, 0, IPC_RMID);
    throw error;
  }
  return id;
}

function initialise(id: number, { values, mode }: CreatePlan, context: object): void {
  const packed = Uint16Array.from(values);
  if (packed.some((value) => value !== 0)) {
    check(native.semctlAll(id, SETALL, packed), 'semctl', context);
  }
  touch(id, values[0] ?? 0);
  if ((mode | ownerReadWrite) !== mode) change(id, { mode }, context);
}

/** An operation that changes nothing but sem_otime, which tells openers that the set is ready. */
function touch(id: number, value: number): void {
  const words = sembufs(2);
  if (value === 0) words.set([0, 0, 0]);
  else words.set([0, -1, 0, 0, 1, 0]);
  // Where this fails, somebody has operated on the set already, and so set sem_otime.
  quick3(native.semopNow, id, SEMBUFS, value === 0 ? 1 : 2);
}

function semgetFailure(error: number, key: number, count: number): SystemError {
  return new SystemError(error, 'semget', { key, hint: semgetHint(error, count) });
}

/** A new set; EEXIST if the key has one. */
export function createSet(key: Key, options: SemaphoreCreateOptions | undefined): OpenedSet {
  const checked = checkKey(key);
  const plan = createPlan(options);
  const count = plan.values.length;
  for (;;) {
    const chosen = checked === 'random' ? randomKey() : checked;
    const id = tryCreate(chosen, plan);
    if (id >= 0) return { id, key: chosen, count };
    if (id !== EEXIST || checked !== 'random') throw semgetFailure(id, chosen, count);
  }
}

// ---- finding

/**
 * Whether the maker of a set is done. A C program may set the values and never operate: then each
 * semaphore tells who set it. That is 0 where a maker is in a PID namespace that cannot be seen from
 * here; but the kernel's own value is 0, so another one was set.
 */
function isInitialised(id: number, count: number, operatedAt: number): boolean {
  if (operatedAt !== 0) return true;
  for (let i = 0; i < count; i++) {
    if (semctlValue(id, i, GETPID) <= 0 && semctlValue(id, i, GETVAL) <= 0) return false;
  }
  return true;
}

/** A set that is there, but perhaps not ready. */
interface Sighting extends OpenedSet {
  ready: boolean;
}

/** Looks once; undefined: look again, for it was made or removed in this moment. */
type Look = () => Sighting | undefined;

function lookAt(id: number, key: number, plan: OpenPlan): Sighting | undefined {
  const [result, { sem_nsems: count, sem_otime: operatedAt }] = semctlStatus(id, IPC_STAT);
  if (result === EINVAL || result === EIDRM) return undefined;
  const hint = result === EACCES ? 'opening a set takes the permission to read it' : undefined;
  check(result, 'semctl', { key, id, hint });
  const ready = plan.uninitialised || isInitialised(id, count, operatedAt);
  return { id, key, count, ready };
}

function looker(key: number, options: SemaphoreOpenOptions | undefined): [Look, OpenPlan] {
  const checked = checkKeyOf('set', key);
  const plan = openPlan(options);
  const find = (): number => check(native.semget(checked, 0, 0), 'semget', { key: checked });
  return [() => lookAt(find(), checked, plan), plan];
}

/** Looks for the set of a key, and makes it where there is none. */
function lookerOrMaker(
  key: number,
  options: SemaphoreOpenOrCreateOptions | undefined,
): [Look, OpenPlan] {
  const making = createPlan(options);
  const plan = openPlan(options);
  const count = making.values.length;
  const look = (): Sighting | undefined => {
    const found = native.semget(key, 0, 0);
    if (found === ENOENT) {
      const id = tryCreate(key, making);
      if (id < 0 && id !== EEXIST) throw semgetFailure(id, key, count);
      return id < 0 ? undefined : { id, key, count, ready: true };
    }
    const seen = lookAt(check(found, 'semget', { key }), key, plan);
    if (seen === undefined || seen.count >= count) return seen;
    const hint = `the set has ${String(seen.count)} semaphores, fewer than ${String(count)}`;
    throw new SystemError(EINVAL, 'semget', { key, id: seen.id, hint });
  };
  return [look, plan];
}

function neverInitialised(key: number, id: number | undefined): SystemError {
  const hint =
    'the set is there, but nobody has initialised it: whoever made it is not done, or has died; ' +
    'remove it (ipcrm -s ID), or take it as it is with { uninitialised: true }';
  return new SystemError('ETIMEDOUT', 'semget', { key, id, hint });
}

/** Looks until the set is ready. */
async function lookUntilReady(key: number, [look, plan]: [Look, OpenPlan]): Promise<OpenedSet> {
  const deadline = deadlineAfter(plan.timeout);
  for (;;) {
    const seen = look();
    if (seen?.ready === true) return seen;
    if (now() >= deadline) throw neverInitialised(key, seen?.id);
    await sleep(pause);
  }
}

const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

function lookUntilReadySync(key: number, [look, plan]: [Look, OpenPlan]): OpenedSet {
  const deadline = deadlineAfter(plan.timeout);
  for (;;) {
    const seen = look();
    if (seen?.ready === true) return seen;
    if (now() >= deadline) throw neverInitialised(key, seen?.id);
    Atomics.wait(nobodyWakes, 0, 0, pause);
  }
}

/** The set that the key has; ENOENT if none. */
export async function openSet(
  key: number,
  options: SemaphoreOpenOptions | undefined,
): Promise<OpenedSet> {
  return lookUntilReady(key, looker(key, options));
}

/** The same, blocking the thread. */
export function openSetSync(key: number, options: SemaphoreOpenOptions | undefined): OpenedSet {
  return lookUntilReadySync(key, looker(key, options));
}

/** The set that the key has, or a new one. */
export async function openOrCreateSet(
  key: Key,
  options: SemaphoreOpenOrCreateOptions | undefined,
): Promise<OpenedSet> {
  const named = nameOf(key);
  if (named === undefined) return createSet(key, options);
  return lookUntilReady(named, lookerOrMaker(named, options));
}

/** The same, blocking the thread. */
export function openOrCreateSetSync(
  key: Key,
  options: SemaphoreOpenOrCreateOptions | undefined,
): OpenedSet {
  const named = nameOf(key);
  if (named === undefined) return createSet(key, options);
  return lookUntilReadySync(named, lookerOrMaker(named, options));
}

/** A key that can have a set; undefined where each call makes a new one. */
function nameOf(key: Key): number | undefined {
  const checked = checkKey(key);
  return checked === 'random' || checked === IPC_PRIVATE ? undefined : checked;
}
