/**
 * The protocol of the condition as a machine whose steps can be interleaved in every way, as
 * mutex-model.ts: native/include/posix-ipc/condition.h. The mutex, which has a model of its own, is
 * one step here: it is free when its owner has died.
 */

import { explored, type Explored } from '../support/explore';

const FREE = -1;
/** One that is not in use. */
const NO_TOKENS = { limit: 0, count: 0 };

type Role = 'wait' | 'notify' | 'notifyAll';

/** The step that a thread does next. */
type Place =
  | 'lock'
  | 'count'
  | 'draw'
  | 'look'
  | 'unlock'
  | 'sleep'
  | 'asleep'
  | 'relock'
  | 'pass'
  | 'leave'
  | 'change'
  | 'wake'
  | 'clear'
  | 'limit'
  | 'give'
  | 'end'
  | 'over';

interface Thread {
  role: Role;
  at: Place;
  dead: boolean;
  ticket: number;
  /** The sequence that it sleeps on. */
  seen: number;
  timedOut: boolean;
  /** Where it puts a token. */
  place: number;
}

interface Tokens {
  limit: number;
  count: number;
}

export interface State {
  owner: number;
  sequence: number;
  waiting: number;
  tickets: number;
  all: number;
  groups: Tokens[];
  queue: number[];
  threads: Thread[];
  kills: number;
  timeouts: number;
  /** Of each notification that is done: the last ticket that may have it. */
  given: number[];
  /** The tickets of those who were let go. */
  took: number[];
}

/** What is to be wrong, to see that it is found. */
export interface Faults {
  /** The token is there first, and then who sleeps is woken. */
  wakesLast?: boolean;
  /** One of those who sleep is woken. */
  wakesOne?: boolean;
  /** The sequence is read after the mutex was unlocked. */
  looksLate?: boolean;
  /** Anybody may take a token. */
  ignoresLimits?: boolean;
  /** All tokens have the limit of the last. */
  movesLimits?: boolean;
  /** Each notification is for a certain ticket, whoever has died. */
  servesInOrder?: boolean;
  /** Who sleeps is not counted any more. */
  leavesEarly?: boolean;
  /** The count is written before the limit. */
  countsFirst?: boolean;
}

export interface Setup extends Faults {
  roles: Role[];
  kills: number;
  timeouts?: number;
  /** How many limits can be kept. With few, more may be let go than were notified. */
  groups?: number;
}

function first({ roles, kills, timeouts = 0, groups = 3 }: Setup): State {
  return {
    owner: FREE,
    sequence: 0,
    waiting: 0,
    tickets: 0,
    all: 0,
    groups: Array<Tokens>(groups).fill(NO_TOKENS),
    queue: [],
    threads: roles.map((role) => ({
      role,
      at: 'lock',
      dead: false,
      ticket: 0,
      seen: 0,
      timedOut: false,
      place: 0,
    })),
    kills,
    timeouts,
    given: [],
    took: [],
  };
}

function threadOf(state: State, index: number): Thread {
  const thread = state.threads[index];
  if (thread === undefined) throw new Error('no such thread');
  return thread;
}

function wake(state: State, count: number): void {
  for (const index of state.queue.splice(0, count)) threadOf(state, index).at = 'relock';
}

const isOld = ({ limit, count }: Tokens, { all }: State): boolean => count === 0 || limit <= all;

/** The place of the tokens with the lowest limit that lets a ticket go; -1: there are none. */
function tokensFor({ groups }: State, ticket: number, { ignoresLimits }: Setup): number {
  const fit = groups.filter((one) => one.count > 0 && (one.limit >= ticket || ignoresLimits));
  const lowest = Math.min(...fit.map(({ limit }) => limit));
  return groups.findIndex(({ limit, count }) => count > 0 && limit === lowest);
}

/** Where a token for all who wait now is to be put. */
function placeFor(state: State, { movesLimits }: Setup): number {
  if (movesLimits === true) return 0;
  const { groups, tickets } = state;
  const same = groups.findIndex((one) => one.limit === tickets && !isOld(one, state));
  return same >= 0 ? same : groups.findIndex((one) => isOld(one, state));
}

function change(state: State, place: number, by: Partial<Tokens>): void {
  state.groups = state.groups.map((one, at) => (at === place ? { ...one, ...by } : one));
}

const countAt = ({ groups }: State, place: number): number => groups[place]?.count ?? 0;

/** Whether it was let go; under the mutex. */
function pass(state: State, { ticket }: Thread, setup: Setup): boolean {
  if (ticket <= state.all) return true;
  const place = tokensFor(state, ticket, setup);
  if (place >= 0) change(state, place, { count: countAt(state, place) - 1 });
  return place >= 0;
}

/** The steps of one who notifies, which has the mutex. */
const notifying: Partial<Record<Place, (state: State, self: Thread, setup: Setup) => Place>> = {
  change(state, _self, { wakesLast }) {
    if (state.waiting === 0) {
      state.given.push(state.tickets);
      return 'end';
    }
    state.sequence++;
    return wakesLast === true ? 'clear' : 'wake';
  },
  wake(state, _self, { wakesLast, wakesOne }) {
    wake(state, wakesOne === true ? 1 : Infinity);
    return wakesLast === true ? 'end' : 'clear';
  },
  clear(state, self, setup) {
    const { tickets, all } = state;
    const after = setup.wakesLast === true ? 'wake' : 'end';
    if (self.role === 'notifyAll') {
      state.all = tickets;
      state.given.push(...Array<number>(tickets).fill(tickets));
      return after;
    }
    if (setup.servesInOrder === true) {
      state.all = Math.min(all + 1, tickets);
      state.given.push(tickets);
      return after;
    }
    if (tickets === all) return after;
    self.place = placeFor(state, setup);
    if (self.place < 0) {
      state.all = Math.min(...state.groups.map(({ limit }) => limit));
      return 'clear';
    }
    if (state.groups[self.place]?.limit === tickets) return 'give';
    if (setup.movesLimits !== true) change(state, self.place, { count: 0 });
    return setup.countsFirst === true ? 'give' : 'limit';
  },
  limit(state, self, { countsFirst }) {
    change(state, self.place, { limit: state.tickets });
    return countsFirst === true ? 'end' : 'give';
  },
  give(state, self, { countsFirst, wakesLast }) {
    const isNew = state.groups[self.place]?.limit !== state.tickets;
    change(state, self.place, { count: countAt(state, self.place) + 1 });
    if (countsFirst === true && isNew) return 'limit';
    state.given.push(state.tickets);
    return wakesLast === true ? 'wake' : 'end';
  },
};

/** The steps of one who waits. */
const waiting: Partial<
  Record<Place, (state: State, self: Thread, setup: Setup, index: number) => Place>
> = {
  count(state) {
    state.waiting++;
    return 'draw';
  },
  draw(state, self) {
    self.ticket = ++state.tickets;
    return 'look';
  },
  look(state, self, setup) {
    self.seen = state.sequence;
    return setup.looksLate === true && state.owner === FREE ? 'sleep' : 'unlock';
  },
  unlock(state, _self, setup) {
    state.owner = FREE;
    return setup.looksLate === true ? 'look' : 'sleep';
  },
  sleep(state, self, { leavesEarly }, index) {
    if (leavesEarly === true) state.waiting--;
    if (state.sequence !== self.seen) return 'relock';
    state.queue.push(index);
    return 'asleep';
  },
  pass(state, self, setup) {
    if (pass(state, self, setup)) state.took.push(self.ticket);
    else if (!self.timedOut) return 'look';
    return setup.leavesEarly === true ? 'end' : 'leave';
  },
  leave(state) {
    state.waiting--;
    return 'end';
  },
};

/** One step of a thread. */
function step(state: State, index: number, setup: Setup): void {
  const self = threadOf(state, index);
  if (self.at === 'lock' || self.at === 'relock') {
    state.owner = index;
    if (self.at === 'relock') self.at = 'pass';
    else self.at = self.role === 'wait' ? 'count' : 'change';
  } else if (self.at === 'end') {
    state.owner = FREE;
    self.at = 'over';
  } else if (self.role === 'wait') {
    self.at = waiting[self.at]?.(state, self, setup, index) ?? 'over';
  } else {
    self.at = notifying[self.at]?.(state, self, setup) ?? 'over';
  }
}

function die(state: State, index: number): void {
  const self = threadOf(state, index);
  state.queue = state.queue.filter((one) => one !== index);
  if (state.owner === index) state.owner = FREE;
  self.at = 'over';
  self.dead = true;
  state.kills--;
}

/** Its time is over: it goes for the mutex. */
function expire(state: State, index: number): void {
  const self = threadOf(state, index);
  state.queue = state.queue.filter((one) => one !== index);
  self.at = 'relock';
  self.timedOut = true;
  state.timeouts--;
}

const keyOf = (state: State): string => JSON.stringify(state);

function copyOf(state: State): State {
  return {
    ...state,
    queue: [...state.queue],
    threads: state.threads.map((thread) => ({ ...thread })),
    given: [...state.given],
    took: [...state.took],
  };
}

function* after(state: State, setup: Setup): Generator<State> {
  for (const [index, { at }] of state.threads.entries()) {
    if (at === 'over') continue;
    const blocked = (at === 'lock' || at === 'relock') && state.owner !== FREE;
    const changes: ((next: State) => void)[] = [];
    if (at !== 'asleep' && !blocked) {
      changes.push((next) => {
        step(next, index, setup);
      });
    }
    if (at === 'asleep' && state.timeouts > 0) {
      changes.push((next) => {
        expire(next, index);
      });
    }
    if (state.kills > 0) {
      changes.push((next) => {
        die(next, index);
      });
    }
    for (const apply of changes) {
      const next = copyOf(state);
      apply(next);
      yield next;
    }
  }
}

const countFrom = (numbers: number[], from: number): number =>
  numbers.filter((one) => one >= from).length;

/** Whether notifications that are done can be dealt out to so many tickets, each to an earlier one. */
const covers = (given: number[], tickets: number[]): boolean =>
  tickets.every((ticket) => countFrom(tickets, ticket) <= countFrom(given, ticket));

/** What must never be: a reason, or undefined. */
function wrong({ threads, groups, given, took }: State): string | undefined {
  if (groups.length > 1 && !covers(given, took)) return 'a wake-up was stolen';
  if (threads.some(({ at }) => at !== 'asleep' && at !== 'over')) return undefined;
  const isLost = threads.some(
    ({ at, ticket }) => at === 'asleep' && covers(given, [...took, ticket]),
  );
  return isLost ? 'a wake-up was lost' : undefined;
}

export function explore(setup: Setup): Explored {
  return explored({ first: first(setup), after: (state) => after(state, setup), keyOf, wrong });
}
