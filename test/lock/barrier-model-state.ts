/** What a barrier and its threads are made of, in its model: see barrier-model.ts. */

/** As in the memory: twice its number, and 1 if it is broken. */
export type Generation = number;

export const BROKEN = 1;
export const NONE: Generation = 0;
export const FREE = 0;

/** Generation and arrived, which are swapped together. */
export interface Pair {
  generation: Generation;
  arrived: number;
}

/** The number of a thread, negated if it has died; and what it waits for. */
export interface Slot {
  word: number;
  of: Generation;
}

/** The step that a thread does next. */
export type Place =
  | 'look'
  | 'scan'
  | 'bury'
  | 'remove'
  | 'break'
  | 'swap'
  | 'ring'
  | 'rung'
  | 'claim'
  | 'rejoin'
  | 'write'
  | 'join'
  | 'enqueue'
  | 'check'
  | 'asleep'
  | 'withdraw'
  | 'pass on'
  | 'leave'
  | 'free'
  | 'mark'
  | 'restart'
  | 'dying'
  | 'end';

/** What it looks at generation and slots for: without a slot, with one, counted, or to reset it. */
export type Aim = 'pass' | 'join' | 'state' | 'reset';

export interface Thread {
  at: Place;
  aim: Aim;
  rounds: number;
  dead: boolean;
  /** Its slot, counted from 1; 0: none. */
  slot: number;
  /** What it is counted for. */
  waitsFor: Generation;
  seen: Pair;
  /** The slot that comes next, what was seen of the last one, and of all; whether one counts. */
  next: number;
  seenSlot: Slot;
  words: number[];
  found: boolean;
  /** Who is woken, and what comes then. */
  rings: Generation;
  then: Place;
}

export interface State {
  pair: Pair;
  rung: Generation;
  slots: Slot[];
  /** Who sleeps at the bell, or is about to. */
  queue: number[];
  threads: Thread[];
  kills: number;
  leaves: number;
  /** Those that were broken. */
  broken: Generation[];
  fault: string | undefined;
}

/** What is to be wrong, to see that it is found. */
export interface Faults {
  /** Who sleeps is woken before there is a reason. */
  ringsFirst?: boolean;
  /** Who is woken thinks that all others are, too. */
  passesNothingOn?: boolean;
  /** Who goes to sleep does not compare the slots. */
  overlooksSlots?: boolean;
  /** Who sleeps has not announced the bell. */
  sleepsSilently?: boolean;
  /** Who resets it does not mark the slots. */
  marksNobody?: boolean;
  /** A marked slot is freed without another look at the generation. */
  buriesBlindly?: boolean;
  /** Who gives up subtracts itself from whatever generation there is. */
  withdrawsBlindly?: boolean;
}

export interface Setup extends Faults {
  parties: number;
  /** How often each waits. */
  waits: number[];
  /** How many threads reset it. */
  resets: number;
  kills: number;
  /** How many may give up while they sleep. */
  leaves: number;
}

export const nothing: Pair = { generation: NONE, arrived: 0 };
export const empty: Slot = { word: FREE, of: NONE };

export function first({ parties, waits, resets, kills, leaves }: Setup): State {
  const thread = (aim: Aim, rounds: number): Thread => ({
    at: 'look',
    aim,
    rounds,
    dead: false,
    slot: 0,
    waitsFor: NONE,
    seen: nothing,
    next: 0,
    seenSlot: empty,
    words: [],
    found: false,
    rings: NONE,
    then: 'end',
  });
  return {
    pair: { generation: 2, arrived: 0 },
    rung: NONE,
    slots: Array.from({ length: parties - 1 }, () => empty),
    queue: [],
    threads: [
      ...waits.map((rounds) => thread('pass', rounds)),
      ...Array.from({ length: resets }, () => thread('reset', 1)),
    ],
    kills,
    leaves,
    broken: [],
    fault: undefined,
  };
}

export function threadOf(state: State, index: number): Thread {
  const thread = state.threads[index];
  if (thread === undefined) throw new Error('no such thread');
  return thread;
}

export const same = (one: Pair, other: Pair): boolean =>
  one.generation === other.generation && one.arrived === other.arrived;

export const slotAt = (state: State, index: number): Slot => state.slots[index] ?? empty;
