/**
 * The protocol of the readers-writer lock as a machine whose steps can be interleaved in every way:
 * each step of a thread is one atomic access to the memory, or one system call, as in
 * native/include/posix-ipc/rwlock_state.h. The gate, the slots and the mutex of who upgrades are taken for
 * what mutex-model.ts shows them to be: they exclude, nobody who waits is forgotten, a death is told.
 */

const [FREE, ANNOUNCED] = [0, 1];
export const WRITING = 2;

type Role = 'reader' | 'writer' | 'upgrader';

/** Where a thread is: the step that it does next. */
export type Place =
  | 'look'
  | 'slot'
  | 'admit'
  | 'count'
  | 'outside'
  | 'gate'
  | 'adopt'
  | 'settle'
  | 'slotAtGate'
  | 'announce'
  | 'load'
  | 'scan'
  | 'mark'
  | 'recheck'
  | 'sleep'
  | 'asleep'
  | 'claim'
  | 'retreat'
  | 'leaveToQueue'
  | 'leaveSlot'
  | 'leaveUpgrade'
  | 'read'
  | 'leave'
  | 'lockUpgrade'
  | 'nudge'
  | 'wake'
  | 'tear'
  | 'mend'
  | 'repair'
  | 'consistent'
  | 'reopen'
  | 'leaveGate'
  | 'rest'
  | 'dead';

export interface Thread {
  role: Role;
  at: Place;
  rounds: number;
  /** The state that it has read; and the slot that it looks at. */
  seen: string;
  index: number;
}

interface Slot {
  owner: number;
  /** FUTEX_WAITERS */
  marked: boolean;
  /** Its reader upgrades: the word is another one. */
  nudged: boolean;
}

export interface State {
  phase: number;
  count: number;
  gate: number;
  died: boolean;
  upgrade: number;
  slots: Slot[];
  torn: boolean;
  threads: Thread[];
  kills: number;
}

/** What is to be wrong, to see that it is found. */
export interface Faults {
  /** A reader looks at the state before it takes a slot. */
  looksFirst?: boolean;
  /** A reader that comes while a writer waits is not counted. */
  countsNobody?: boolean;
  /** Who upgrades does not make the writer look up. */
  nudgesNobody?: boolean;
  /** Who upgrades takes the mark away before it wakes. */
  unmarks?: boolean;
  /** A writer does not look again before it sleeps whether somebody upgrades. */
  sleepsBlindly?: boolean;
  /** Who gets the gate after a death does not look whether it was a writer's. */
  forgetsDeaths?: boolean;
}

export interface Setup extends Faults {
  roles: Role[];
  rounds: number;
  kills: number;
  preferWriters: boolean;
}

function beginOf(role: Role, faults: Faults): Place {
  if (role === 'writer') return 'gate';
  return faults.looksFirst === true ? 'look' : 'slot';
}

export function first({ roles, rounds, kills, ...faults }: Setup): State {
  return {
    phase: FREE,
    count: 0,
    gate: 0,
    died: false,
    upgrade: 0,
    slots: roles.map(() => ({ owner: 0, marked: false, nudged: false })),
    torn: false,
    threads: roles.map((role) => ({
      role,
      at: beginOf(role, faults),
      rounds,
      seen: '',
      index: 0,
    })),
    kills,
  };
}

export function copyOf(state: State): State {
  return {
    ...state,
    slots: state.slots.map((slot) => ({ ...slot })),
    threads: state.threads.map((thread) => ({ ...thread })),
  };
}

function wordOf({ phase, count }: State): string {
  return `${String(phase)}+${String(count)}`;
}

function ownSlot(state: State, id: number): number {
  return state.slots.findIndex(({ owner }) => owner === id);
}

function wakeAt(state: State, slot: number): void {
  for (const thread of state.threads) {
    if (thread.at === 'asleep' && thread.index === slot) thread.at = 'load';
  }
}

export function freeSlot(state: State, id: number): void {
  const index = ownSlot(state, id);
  const slot = state.slots[index];
  if (slot === undefined) return;
  slot.owner = 0;
  if (slot.marked) wakeAt(state, index);
  slot.marked = false;
  slot.nudged = false;
}

function takeSlot(state: State, id: number): void {
  const free = state.slots.find(({ owner }) => owner === 0);
  if (free === undefined) throw new Error('there is a slot for each');
  free.owner = id;
}

function isUpgrading(state: State, id: number): boolean {
  return state.upgrade === id;
}

function setPhase(state: State, phase: number): void {
  state.phase = phase;
  state.count = 0;
}

type Step = (state: State, self: Thread, id: number, setup: Setup) => void;

function finish(self: Thread, setup: Setup): void {
  self.rounds--;
  self.at = self.rounds > 0 ? beginOf(self.role, setup) : 'rest';
}

const reading: Partial<Record<Place, Step>> = {
  look(state, self) {
    self.at = state.phase === FREE ? 'slot' : 'gate';
  },
  slot(state, self, id, setup) {
    takeSlot(state, id);
    self.at = setup.looksFirst === true ? 'read' : 'admit';
  },
  admit(state, self, _id, { preferWriters, countsNobody }) {
    self.seen = wordOf(state);
    if (state.phase === FREE) self.at = 'read';
    else if (state.phase === WRITING || preferWriters) self.at = 'outside';
    else self.at = countsNobody === true ? 'read' : 'count';
  },
  count(state, self) {
    if (wordOf(state) === self.seen) {
      state.count++;
      self.at = 'read';
    } else self.at = 'admit';
  },
  outside(state, self, id) {
    freeSlot(state, id);
    self.at = 'gate';
  },
  slotAtGate(state, self, id) {
    takeSlot(state, id);
    self.at = 'leaveToQueue'; // the gate, in this case: then it reads
  },
  read(_state, self) {
    self.at = self.role === 'upgrader' ? 'lockUpgrade' : 'leave';
  },
  leave(state, self, id, setup) {
    freeSlot(state, id);
    finish(self, setup);
  },
  lockUpgrade(state, self, id, setup) {
    self.at = 'leave';
    if (state.upgrade !== 0) return; // EDEADLK
    state.upgrade = id;
    self.at = setup.nudgesNobody === true ? 'gate' : 'nudge';
  },
  nudge(state, self, id, setup) {
    const slot = state.slots[ownSlot(state, id)];
    if (slot === undefined) return;
    if (setup.unmarks === true) slot.marked = false;
    slot.nudged = true;
    self.at = 'wake';
  },
  wake(state, self, id) {
    wakeAt(state, ownSlot(state, id));
    self.at = 'gate';
  },
};

const atGate: Partial<Record<Place, Step>> = {
  gate(state, self, id) {
    if (state.gate !== 0) return;
    state.gate = id;
    self.at = 'adopt';
  },
  adopt(state, self, _id, { forgetsDeaths }) {
    if (state.died && state.phase === WRITING && forgetsDeaths !== true) {
      self.at = 'repair';
      return;
    }
    setPhase(state, FREE);
    self.at = 'settle';
  },
  settle(state, self, id) {
    state.died = false;
    const reads = self.role !== 'writer' && !isUpgrading(state, id);
    self.at = reads ? 'slotAtGate' : 'announce';
  },
  leaveToQueue(state, self, id) {
    state.gate = 0;
    self.at = ownSlot(state, id) >= 0 ? 'read' : 'gate';
  },
  retreat(state, self) {
    setPhase(state, FREE);
    self.at = 'leaveToQueue';
  },
  repair(state, self) {
    state.torn = false;
    self.at = 'consistent';
  },
  consistent(state, self) {
    state.died = false;
    self.at = 'reopen';
  },
  reopen(state, self) {
    setPhase(state, FREE);
    self.at = 'leaveGate';
  },
  leaveGate(state, self, _id, setup) {
    state.gate = 0;
    finish(self, setup);
  },
};

const writing: Partial<Record<Place, Step>> = {
  announce(state, self) {
    setPhase(state, ANNOUNCED);
    self.at = 'load';
  },
  load(state, self, id) {
    self.seen = wordOf(state);
    self.index = 0;
    self.at = state.upgrade !== 0 && !isUpgrading(state, id) ? 'retreat' : 'scan';
  },
  scan(state, self, id) {
    const slot = state.slots[self.index];
    if (slot === undefined) self.at = 'claim';
    else if (slot.owner !== 0 && slot.owner !== id) self.at = 'mark';
    else self.index++;
  },
  mark(state, self) {
    const slot = state.slots[self.index];
    self.at = 'load';
    if (slot === undefined || slot.owner === 0) return;
    slot.marked = true;
    self.seen = `${String(slot.owner)}${String(slot.nudged)}`;
    self.at = 'recheck';
  },
  recheck(state, self, id, { sleepsBlindly }) {
    const upgrades = state.upgrade !== 0 && !isUpgrading(state, id) && sleepsBlindly !== true;
    self.at = upgrades ? 'load' : 'sleep';
  },
  sleep(state, self) {
    const slot = state.slots[self.index];
    const same =
      slot?.marked === true && `${String(slot.owner)}${String(slot.nudged)}` === self.seen;
    self.at = same ? 'asleep' : 'load';
  },
  claim(state, self, id) {
    self.at = 'load';
    if (wordOf(state) !== self.seen) return;
    setPhase(state, WRITING);
    self.at = isUpgrading(state, id) ? 'leaveSlot' : 'tear';
  },
  leaveSlot(state, self, id) {
    freeSlot(state, id);
    self.at = 'leaveUpgrade';
  },
  leaveUpgrade(state, self) {
    state.upgrade = 0;
    self.at = 'tear';
  },
  tear(state, self) {
    state.torn = true;
    self.at = 'mend';
  },
  mend(state, self) {
    state.torn = false;
    self.at = 'reopen';
  },
};

export const steps: Partial<Record<Place, Step>> = { ...reading, ...atGate, ...writing };
