/**
 * The protocol of the mutex as a machine whose steps can be interleaved in every way: each step of a
 * thread is one atomic access to the memory, or one system call, as in native/include/posix-ipc/lock_word.h.
 * The kernel's part (futex queue, death of an owner, pending entry) is as in kernel/futex/core.c.
 */

import { explored, type Explored } from '../support/explore';

const WAITERS = 1 << 8;
const DIED = 1 << 9;
const OWNER = 0xff;
const LOST = 0xff;

/** Where a thread is: the step that it does next. */
type Place =
  | 'take'
  | 'arrive'
  | 'mark'
  | 'count'
  | 'sleep'
  | 'asleep'
  | 'look'
  | 'work'
  | 'settle'
  | 'unlink'
  | 'free'
  | 'freeSlow'
  | 'wake'
  | 'clear'
  | 'lose'
  | 'refuse'
  | 'wakeAll'
  | 'rest'
  | 'dead';

interface Thread {
  at: Place;
  /** How often it still locks. */
  rounds: number;
  /** In the kernel's list. */
  linked: boolean;
  /** Announced: list_op_pending. */
  pending: boolean;
  /** The word that it has read; 0 where it has none in mind. */
  seen: number;
  /** Whether `changes` is as it left it: only that is asked of the count. */
  fresh: boolean;
  /** It has let others go first. Only where the mutex is fair; and so is the next one. */
  barging: boolean;
  /** It sleeps for a while only. */
  timed: boolean;
}

export interface State {
  word: number;
  /** Who sleeps, in order. */
  queue: number[];
  threads: Thread[];
  kills: number;
  /** Deaths of owners that nobody was told of yet. */
  untold: number;
  /** One was told, and has left without a word. */
  unusable: boolean;
  readonly fair: boolean;
}

/** What is to be wrong, to see that it is found. */
export interface Faults {
  /** An unlock forgets that others sleep. */
  forgetsSleepers?: boolean;
  /** WAITERS is cleared whatever has changed. */
  clearsBlindly?: boolean;
  /** A thread that waits does not announce it. */
  waitsSilently?: boolean;
  /** It is announced only after it was taken. */
  announcesLate?: boolean;
  /** Where nobody can have it any more, the word names an owner that is none. */
  namesNobody?: boolean;
  /** Who lets others go first does so until it is woken. */
  yieldsForEver?: boolean;
}

export interface Setup extends Faults {
  threads: number;
  rounds: number;
  kills: number;
  /** Who is told of a death may leave without a word. */
  leaves?: boolean;
  fair?: boolean;
}

function first({ threads, rounds, kills, fair = false }: Setup): State {
  return {
    word: 0,
    queue: [],
    threads: Array.from({ length: threads }, () => ({
      at: 'take',
      rounds,
      linked: false,
      pending: true,
      seen: 0,
      fresh: false,
      barging: false,
      timed: false,
    })),
    kills,
    untold: 0,
    unusable: false,
    fair,
  };
}

function copyOf(state: State): State {
  return {
    ...state,
    queue: [...state.queue],
    threads: state.threads.map((thread) => ({ ...thread })),
  };
}

function wake(state: State, count: number): number {
  const woken = state.queue.splice(0, count);
  for (const index of woken) wakeUp(state, threadOf(state, index));
  return woken.length;
}

function wakeUp(state: State, self: Thread): void {
  self.at = 'take';
  self.barging = state.fair;
}

/** Whether a thread that has seen this word lets others go first. */
function yields({ fair }: State, word: number): boolean {
  return fair && word === WAITERS;
}

function threadOf(state: State, index: number): Thread {
  const thread = state.threads[index];
  if (thread === undefined) throw new Error('no such thread');
  return thread;
}

/** What an increment of `changes` does to those who compare it. */
function change(state: State): void {
  for (const thread of state.threads) thread.fresh = false;
}

function ownerOf(state: State): number {
  return state.word & OWNER;
}

/** One step of each kind. */
const steps: Record<Place, (state: State, self: Thread, id: number, faults: Faults) => void> = {
  take(state, self, id, faults) {
    const owner = ownerOf(state);
    if (owner === LOST) finish(self);
    else if (owner !== 0 || (yields(state, state.word) && !self.barging)) self.at = 'arrive';
    else {
      state.word |= id;
      if (faults.announcesLate === true) self.pending = false;
      self.linked = faults.announcesLate !== true;
      const died = (state.word & DIED) !== 0;
      self.at = died ? 'look' : 'work';
      if (died && !state.unusable) state.untold--;
    }
  },
  look(state, self) {
    self.at = state.unusable ? 'refuse' : 'settle';
  },
  arrive(state, self) {
    self.seen = state.word;
    const owner = ownerOf(state);
    const isFree = owner === 0 && !yields(state, state.word);
    self.at = isFree || owner === LOST ? 'take' : 'mark';
  },
  mark(state, self) {
    if ((self.seen & WAITERS) === 0) {
      if (state.word !== self.seen) {
        self.at = 'take';
        return;
      }
      state.word |= WAITERS;
    }
    self.at = 'count';
  },
  count(state, self) {
    change(state);
    self.at = 'sleep';
  },
  sleep(state, self, id, faults) {
    if (state.word === (self.seen | WAITERS)) {
      state.queue.push(id - 1);
      self.at = 'asleep';
      self.timed = yields(state, self.seen) && faults.yieldsForEver !== true;
    } else self.at = 'take';
  },
  /** Its time is over. */
  asleep(state, self, id) {
    state.queue = state.queue.filter((one) => one !== id - 1);
    wakeUp(state, self);
  },
  settle(state, self) {
    state.word &= ~DIED;
    self.at = 'work';
  },
  work(_state, self) {
    self.linked = true;
    self.pending = true; // and of unlocking, from here on
    self.at = 'unlink';
  },
  unlink(_state, self) {
    self.linked = false;
    self.at = 'free';
  },
  free(state, self, id, faults) {
    if (state.word === id || faults.forgetsSleepers === true) {
      state.word = 0;
      finish(self);
    } else self.at = 'freeSlow';
  },
  freeSlow(state, self) {
    if ((state.word & DIED) !== 0) {
      self.at = 'lose';
      return;
    }
    state.word = WAITERS;
    change(state);
    self.fresh = true;
    self.at = 'wake';
  },
  wake(state, self) {
    if (wake(state, 1) === 0) self.at = 'clear';
    else finish(self);
  },
  clear(state, self, _id, faults) {
    const same = self.fresh || faults.clearsBlindly === true;
    if (state.word === WAITERS && same) state.word = 0;
    finish(self);
  },
  lose(state, self) {
    state.unusable = true;
    self.at = 'refuse';
  },
  refuse(state, self, _id, faults) {
    state.word = faults.namesNobody === true ? LOST : DIED;
    self.at = 'wakeAll';
  },
  wakeAll(state, self) {
    wake(state, state.queue.length);
    finish(self);
  },
  rest: () => undefined,
  dead: () => undefined,
};

function finish(self: Thread): void {
  self.rounds--;
  self.pending = self.rounds > 0;
  self.linked = false;
  self.barging = false;
  self.at = self.rounds > 0 ? 'take' : 'rest';
}

/** What the kernel does when a thread ends: exit_robust_list(). */
function die(state: State, index: number, faults: Faults): void {
  const self = threadOf(state, index);
  const waits = ['take', 'arrive', 'mark', 'count', 'sleep', 'asleep'].includes(self.at);
  const pending = self.pending && !(faults.waitsSilently === true && waits);
  const owns = ownerOf(state) === index + 1;
  state.queue = state.queue.filter((one) => one !== index);
  if (owns) state.untold++;
  self.at = 'dead';
  self.rounds = 0;
  if (owns && (self.linked || pending)) {
    state.word = (state.word & WAITERS) | DIED;
    if ((state.word & WAITERS) !== 0) wake(state, 1);
  } else if (pending && ownerOf(state) === 0) wake(state, 1);
  self.pending = false;
  self.linked = false;
  state.kills--;
}

/** Forgets what nobody will look at again, so that states that are alike are one. */
function tidy(state: State): State {
  for (const thread of state.threads) {
    if (!['mark', 'count', 'sleep'].includes(thread.at)) thread.seen = 0;
    if (!['wake', 'clear'].includes(thread.at)) thread.fresh = false;
    if (thread.at !== 'asleep') thread.timed = false;
  }
  return state;
}

function flagsOf(
  flags: Pick<Thread, 'linked' | 'pending' | 'fresh' | 'barging' | 'timed'>,
): string[] {
  return Object.entries(flags).flatMap(([name, is]) => (is ? [name.slice(0, 1)] : []));
}

function keyOf({ word, queue, threads, kills, untold, unusable }: State): string {
  const parts = threads.map(
    ({ at, rounds, seen, ...flags }) =>
      `${at}${String(rounds)}${String(seen)}${flagsOf(flags).join('')}`,
  );
  return [word, queue.join(), kills, untold, unusable, ...parts].join(' ');
}

/** All states that one step leads to. */
function* after(state: State, setup: Setup): Generator<State> {
  for (const [index, { at, timed }] of state.threads.entries()) {
    if (at === 'dead' || at === 'rest') continue;
    if (at !== 'asleep' || timed) {
      const next = copyOf(state);
      steps[at](next, threadOf(next, index), index + 1, setup);
      yield tidy(next);
    }
    if (at === 'settle' && setup.leaves === true) {
      const next = copyOf(state);
      threadOf(next, index).at = 'work';
      yield next;
    }
    if (state.kills > 0) {
      const next = copyOf(state);
      die(next, index, setup);
      yield tidy(next);
    }
  }
}

/** What must never be: a reason, or undefined. */
function wrong(state: State): string | undefined {
  const inside = state.threads.filter(({ at }) => ['work', 'settle', 'unlink'].includes(at));
  if (inside.length > 1) return 'two are inside';
  const stuck = state.threads.every(
    ({ at, timed }) => !timed && ['asleep', 'rest', 'dead'].includes(at),
  );
  if (stuck && state.threads.some(({ at }) => at === 'asleep')) return 'all who live sleep';
  if (!stuck) return undefined;
  const owner = ownerOf(state);
  if (owner !== 0 && owner !== LOST) return 'a dead owner was not noticed';
  if (state.unusable) return undefined;
  const left = (state.word & DIED) !== 0 ? 1 : 0;
  if (left !== Math.min(state.untold, 1)) return 'a death was told twice, or not at all';
  return undefined;
}

export function explore(setup: Setup): Explored {
  return explored({ first: first(setup), after: (state) => after(state, setup), keyOf, wrong });
}
