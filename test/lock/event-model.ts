/**
 * The protocol of the event as a machine whose steps can be interleaved in every way, as
 * mutex-model.ts: native/include/posix-ipc/event.h, and the kernel's part.
 */

import { explored, type Explored } from '../support/explore';

/** Who sets it, as a number; DIED: one who has died meanwhile; RESTS: nobody does. */
const RESTS = -1;
const DIED = 0;

/** Word and sets, which are swapped together. */
interface Pair {
  by: number;
  set: boolean;
  sleepers: boolean;
  sets: number;
}

type Role = 'set' | 'reset' | 'wait';

/** The step that a thread does next. */
type Place = 'begin' | 'look' | 'swap' | 'wake' | 'finish' | 'mark' | 'sleep' | 'asleep' | 'end';

interface Thread {
  role: Role;
  at: Place;
  dead: boolean;
  /** What it has looked at, and what it has begun to finish. */
  seen: Pair;
  since: number;
  /** Its own set is what it finishes. */
  own: boolean;
}

export interface State {
  pair: Pair;
  queue: number[];
  threads: Thread[];
  kills: number;
  /** Sets that were taken. */
  taken: number;
}

/** What is to be wrong, to see that it is found. */
export interface Faults {
  /** It is set first, and then who sleeps is woken. */
  wakesLast?: boolean;
  /** Who sets it wakes one. */
  wakesOne?: boolean;
  /** A thread that waits does not announce it. */
  waitsSilently?: boolean;
  /** Who finds that somebody has died goes on, and leaves it as it is. */
  leavesTheDead?: boolean;
  /** Who waits only asks whether it is set. */
  overlooksResets?: boolean;
  /** A set is taken by a plain write. */
  takesBlindly?: boolean;
}

export interface Setup extends Faults {
  roles: Role[];
  autoReset: boolean;
  kills: number;
}

const nothing: Pair = { by: RESTS, set: false, sleepers: false, sets: 0 };

function first({ roles, kills }: Setup): State {
  const thread = { at: 'begin', dead: false, seen: nothing, since: 0, own: false } as const;
  return {
    pair: nothing,
    queue: [],
    threads: roles.map((role) => ({ ...thread, role })),
    kills,
    taken: 0,
  };
}

function threadOf(state: State, index: number): Thread {
  const thread = state.threads[index];
  if (thread === undefined) throw new Error('no such thread');
  return thread;
}

function wake(state: State, count: number): void {
  for (const index of state.queue.splice(0, count)) threadOf(state, index).at = 'look';
}

const keyOfPair = ({ by, set, sleepers, sets }: Pair): string =>
  `${String(by)}${set ? 's' : ''}${sleepers ? 'w' : ''}${String(sets)}`;

const same = (one: Pair, other: Pair): boolean => keyOfPair(one) === keyOfPair(other);

/** What a futex compares. */
const sameWord = (one: Pair, other: Pair): boolean =>
  same(
    { ...one, sets: one.by === RESTS ? one.sets : 0 },
    { ...other, sets: other.by === RESTS ? other.sets : 0 },
  );

/** A look at the pair, and what is to be done by it. */
function look(state: State, self: Thread, setup: Setup): void {
  self.seen = state.pair;
  const { by, set, sets } = state.pair;
  const waits = self.role === 'wait';
  if (by !== RESTS) {
    const leaves = setup.leavesTheDead === true && waits && !setup.autoReset;
    self.own = false;
    self.at = leaves ? 'end' : 'wake';
  } else if (self.role === 'set') self.at = 'swap';
  else if (waits && !setup.autoReset) {
    const missed = setup.overlooksResets !== true && sets !== self.since;
    self.at = set || missed ? 'end' : 'mark';
  } else if (set) self.at = 'swap';
  else self.at = waits ? 'mark' : 'end';
}

/** Sets it, or resets it, if it is as it was seen. */
function swap(state: State, self: Thread, id: number, setup: Setup): void {
  const { seen } = self;
  const takes = self.role !== 'set';
  if (!same(state.pair, seen) && !(takes && setup.takesBlindly === true)) {
    self.at = 'look';
    return;
  }
  self.at = 'end';
  if (takes) {
    state.pair = { ...state.pair, set: false };
    state.taken++;
  } else if (!seen.set && seen.sleepers && setup.wakesLast !== true) {
    state.pair = { ...seen, by: id };
    self.seen = state.pair;
    self.own = true;
    self.at = 'wake';
  } else if (!seen.set) {
    state.pair = { by: RESTS, set: true, sleepers: false, sets: seen.sets + 1 };
    if (seen.sleepers) self.at = 'wake';
    self.own = true;
  }
}

/** One step of a thread. */
function step(state: State, index: number, setup: Setup): void {
  const self = threadOf(state, index);
  switch (self.at) {
    case 'begin':
      self.since = state.pair.sets;
      self.at = 'look';
      break;
    case 'look':
      look(state, self, setup);
      break;
    case 'swap':
      swap(state, self, index + 1, setup);
      break;
    case 'wake':
      wake(state, setup.wakesOne === true ? 1 : Infinity);
      self.at = 'finish';
      break;
    case 'finish':
      if (same(state.pair, self.seen) && self.seen.by !== RESTS) {
        state.pair = { by: RESTS, set: true, sleepers: false, sets: self.seen.sets + 1 };
      }
      self.at = self.own || (self.role === 'wait' && !setup.autoReset) ? 'end' : 'look';
      break;
    case 'mark':
      if (same(state.pair, self.seen)) {
        state.pair = { ...self.seen, sleepers: true };
        self.seen = state.pair;
        self.at = 'sleep';
      } else self.at = 'look';
      break;
    case 'sleep':
      if (sameWord(state.pair, self.seen)) {
        state.queue.push(index);
        self.at = 'asleep';
      } else self.at = 'look';
      break;
    case 'asleep':
    case 'end':
  }
}

/** What the kernel does when a thread ends: the event is its pending entry. */
function die(state: State, index: number, setup: Setup): void {
  const self = threadOf(state, index);
  const silent = setup.waitsSilently === true && self.role === 'wait';
  const announced = self.at !== 'begin' && self.role !== 'reset' && !silent;
  state.queue = state.queue.filter((one) => one !== index);
  self.dead = true;
  self.at = 'end';
  state.kills--;
  if (!announced) return;
  if (state.pair.by === index + 1) {
    state.pair = { ...state.pair, by: DIED };
    wake(state, 1);
  } else if (state.pair.by === DIED) wake(state, 1);
}

function tidy(state: State): State {
  for (const thread of state.threads) {
    if (!['swap', 'wake', 'finish', 'mark', 'sleep'].includes(thread.at)) thread.seen = nothing;
    if (!['wake', 'finish'].includes(thread.at)) thread.own = false;
  }
  return state;
}

function keyOf({ pair, queue, threads, kills, taken }: State): string {
  const parts = threads.map(
    ({ at, dead, seen, since, own }) =>
      `${at}${dead ? 'd' : ''}${keyOfPair(seen)}.${String(since)}${own ? 'o' : ''}`,
  );
  return [keyOfPair(pair), queue.join(), kills, taken, ...parts].join(' ');
}

function copyOf(state: State): State {
  return {
    ...state,
    queue: [...state.queue],
    threads: state.threads.map((thread) => ({ ...thread })),
  };
}

function* after(state: State, setup: Setup): Generator<State> {
  for (const [index, { at }] of state.threads.entries()) {
    if (at === 'end') continue;
    if (at !== 'asleep') {
      const next = copyOf(state);
      step(next, index, setup);
      yield tidy(next);
    }
    if (state.kills > 0) {
      const next = copyOf(state);
      die(next, index, setup);
      yield tidy(next);
    }
  }
}

/** What must never be: a reason, or undefined. */
function wrong(state: State, { autoReset }: Setup): string | undefined {
  const { pair, threads, taken } = state;
  if (taken > pair.sets) return 'a set was taken twice';
  if (threads.some(({ at }) => at !== 'asleep' && at !== 'end')) return undefined;
  const asleep = threads.filter(({ at }) => at === 'asleep');
  if (asleep.length > 0 && (pair.by !== RESTS || pair.set)) return 'it is set, and somebody sleeps';
  const missed = !autoReset && asleep.some(({ since }) => since !== pair.sets);
  return missed ? 'it was set, and somebody slept on' : undefined;
}

export function explore(setup: Setup): Explored {
  return explored({
    first: first(setup),
    after: (state) => after(state, setup),
    keyOf,
    wrong: (state) => wrong(state, setup),
  });
}
