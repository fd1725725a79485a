/** What threads do at a barrier, step by step: native/include/posix-ipc/barrier_state.h. */

import {
  BROKEN,
  empty,
  FREE,
  NONE,
  same,
  slotAt,
  threadOf,
  type Generation,
  type Place,
  type Setup,
  type State,
  type Thread,
} from './barrier-model-state';

function wakeAll(state: State): void {
  for (const index of state.queue) wakeOne(state, index);
  state.queue = [];
}

export function wakeOne(state: State, index: number): void {
  threadOf(state, index).at = 'look';
}

function ring(self: Thread, generation: Generation, then: Place): void {
  self.at = 'ring';
  self.rings = generation & ~BROKEN;
  self.then = then;
}

/** The wait is over; it has a slot to leave, or none. */
function finish(self: Thread): void {
  self.waitsFor = NONE;
  self.rounds--;
  self.aim = 'pass';
  self.at = self.rounds > 0 ? 'look' : 'end';
}

const leave = (self: Thread): void => {
  if (self.slot === 0) finish(self);
  else self.at = 'leave';
};

function look(state: State, self: Thread): void {
  const { pair } = state;
  const isBroken = (pair.generation & BROKEN) !== 0;
  self.seen = pair;
  self.next = 0;
  self.found = false;
  self.words = [];
  if (self.aim === 'state' && pair.generation !== self.waitsFor) {
    const wasBroken =
      pair.generation === (self.waitsFor | BROKEN) ||
      (slotAt(state, self.slot - 1).of & BROKEN) !== 0;
    if (wasBroken !== state.broken.includes(self.waitsFor)) {
      state.fault = wasBroken ? 'all had come, and it is called broken' : 'a death was not told';
    }
    self.at = 'pass on';
  } else if (self.aim !== 'state' && isBroken) {
    if (self.aim === 'reset') self.at = 'mark';
    else leave(self);
  } else if (state.slots.length === 0) scanned(state, self);
  else self.at = 'scan';
}

function scan(state: State, self: Thread): void {
  const seen = slotAt(state, self.next);
  const { generation } = self.seen;
  self.seenSlot = seen;
  self.words.push(seen.word);
  if (seen.word < 0 && seen.of !== generation) {
    self.at = 'bury';
    return;
  }
  if (seen.word < 0) self.found = true;
  scanNext(state, self);
}

function scanNext(state: State, self: Thread): void {
  self.next++;
  self.at = 'scan';
  if (self.next === state.slots.length) scanned(state, self);
}

function scanned(state: State, self: Thread): void {
  const isLast = self.seen.arrived === state.slots.length;
  if (self.found) self.at = 'break';
  else if (self.aim === 'reset') self.at = 'end';
  else if (self.aim === 'state') self.at = 'enqueue';
  else if (isLast) self.at = 'swap';
  else self.at = self.aim === 'pass' ? 'claim' : 'rejoin';
  self.next = 0;
}

/** All have come: nobody whose death was to be seen may be among them. */
function swap(state: State, self: Thread): void {
  if (!same(state.pair, self.seen)) {
    self.at = 'look';
    return;
  }
  const { generation } = state.pair;
  const counted = state.threads.filter(({ waitsFor }) => waitsFor === generation);
  const isMarked = ({ slot }: Thread): boolean => slotAt(state, slot - 1).word < 0;
  if (counted.length !== state.slots.length) state.fault = 'not all had come';
  if (counted.some((one) => one.dead && !isMarked(one))) state.fault = 'one of them was dead';
  state.pair = { generation: generation + 2, arrived: 0 };
  ring(self, generation, 'leave');
}

function join(state: State, self: Thread): void {
  self.at = 'look';
  if (!same(state.pair, self.seen)) return;
  state.pair = { ...state.pair, arrived: state.pair.arrived + 1 };
  self.waitsFor = self.seen.generation;
  self.aim = 'state';
}

function claim(state: State, self: Thread, id: number): void {
  if (slotAt(state, self.next).word === FREE) {
    state.slots[self.next] = { ...slotAt(state, self.next), word: id };
    self.slot = self.next + 1;
    self.aim = 'join';
    self.at = 'look';
  } else if (++self.next === state.slots.length) self.at = 'look';
}

function check(state: State, index: number, setup: Setup): void {
  const self = threadOf(state, index);
  const isAsSeen = self.words.every((word, i) => slotAt(state, i).word === word);
  if (state.pair.generation === self.waitsFor && (isAsSeen || setup.overlooksSlots === true)) {
    self.at = 'asleep';
    return;
  }
  state.queue = state.queue.filter((one) => one !== index);
  self.at = 'look';
}

function withdraw(state: State, self: Thread, setup: Setup): void {
  self.at = 'look';
  if (state.pair.generation !== self.waitsFor && setup.withdrawsBlindly !== true) return;
  state.pair = { ...state.pair, arrived: state.pair.arrived - 1 };
  self.waitsFor = NONE;
  self.at = 'leave';
}

/** Of one slot of those who waited for the broken one. */
function mark(state: State, self: Thread, setup: Setup): void {
  const slot = slotAt(state, self.next);
  const { generation } = self.seen;
  if (slot.of === (generation & ~BROKEN) && setup.marksNobody !== true) {
    state.slots[self.next] = { ...slot, of: generation };
  }
  if (++self.next === state.slots.length) self.at = 'restart';
}

function restart(state: State, self: Thread): void {
  self.at = 'look';
  if (!same(state.pair, self.seen)) return;
  state.pair = { generation: (self.seen.generation & ~BROKEN) + 2, arrived: 0 };
  ring(self, self.seen.generation, 'end');
}

function breakIt(state: State, self: Thread): void {
  const { generation } = self.seen;
  self.at = 'look';
  if (state.pair.generation !== generation) return;
  state.pair = { ...state.pair, generation: generation | BROKEN };
  state.broken.push(generation);
  ring(self, generation, 'look');
}

type Step = (state: State, self: Thread, index: number, setup: Setup) => void;

/** What a thread does at each place. */
const steps: Record<Place, Step> = {
  look: (state, self) => {
    look(state, self);
  },
  scan: (state, self, _index, setup) => {
    scan(state, self);
    const isToRing = self.at === 'swap' || self.at === 'break';
    if (setup.ringsFirst === true && isToRing) wakeAll(state);
  },
  bury: (state, self, _index, setup) => {
    const isPresent = state.pair.generation === self.seen.generation;
    if (isPresent || setup.buriesBlindly === true) self.at = 'remove';
    else scanNext(state, self);
  },
  remove: (state, self) => {
    const { word, of } = slotAt(state, self.next);
    const isAsSeen = word === self.seenSlot.word && of === self.seenSlot.of;
    if (isAsSeen) state.slots[self.next] = empty;
    scanNext(state, self);
  },
  break: (state, self) => {
    breakIt(state, self);
  },
  swap: (state, self) => {
    swap(state, self);
  },
  ring: (state, self, _index, setup) => {
    if (setup.ringsFirst !== true) wakeAll(state);
    self.at = 'rung';
  },
  rung: (state, self) => {
    state.rung = self.rings;
    self.at = self.then;
    if (self.then === 'leave') leave(self);
  },
  claim: (state, self, index) => {
    claim(state, self, index + 1);
  },
  rejoin: (state, self) => {
    self.seen = state.pair;
    const isBroken = (state.pair.generation & BROKEN) !== 0;
    const isFull = state.pair.arrived === state.slots.length;
    self.at = isBroken || isFull ? 'look' : 'write';
  },
  write: (state, self) => {
    const at = self.slot - 1;
    state.slots[at] = { ...slotAt(state, at), of: self.seen.generation };
    self.at = 'join';
  },
  join: (state, self) => {
    join(state, self);
  },
  enqueue: (state, self, index) => {
    state.queue.push(index);
    self.at = 'check';
  },
  check: (state, _self, index, setup) => {
    check(state, index, setup);
  },
  asleep: (state, self, index) => {
    state.leaves--;
    state.queue = state.queue.filter((one) => one !== index);
    self.at = 'withdraw';
  },
  withdraw: (state, self, _index, setup) => {
    withdraw(state, self, setup);
  },
  'pass on': (state, self, _index, setup) => {
    const isDone = state.rung === self.waitsFor || setup.passesNothingOn === true;
    if (isDone) self.at = 'leave';
    else ring(self, self.waitsFor, 'leave');
  },
  leave: (state, self) => {
    const at = self.slot - 1;
    state.slots[at] = { ...slotAt(state, at), of: NONE };
    self.at = 'free';
  },
  free: (state, self) => {
    const at = self.slot - 1;
    state.slots[at] = { ...slotAt(state, at), word: FREE };
    self.slot = 0;
    finish(self);
  },
  mark: (state, self, _index, setup) => {
    mark(state, self, setup);
  },
  restart: (state, self) => {
    restart(state, self);
  },
  dying: (_state, self) => {
    self.at = 'end';
  },
  end: () => undefined,
};

/** One step of a thread. */
export function step(state: State, index: number, setup: Setup): void {
  const self = threadOf(state, index);
  steps[self.at](state, self, index, setup);
}
