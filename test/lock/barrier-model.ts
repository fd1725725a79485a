/**
 * The protocol of the barrier as a machine whose steps can be interleaved in every way, as
 * mutex-model.ts: native/include/posix-ipc/barrier_state.h, and the kernel's part.
 */

import { explored, type Explored } from '../support/explore';
import {
  BROKEN,
  empty,
  first,
  NONE,
  nothing,
  slotAt,
  threadOf,
  type Place,
  type Setup,
  type Slot,
  type State,
} from './barrier-model-state';
import { step, wakeOne } from './barrier-model-steps';

export type { Faults, Setup } from './barrier-model-state';

/** Where a thread has not announced the bell, but a slot. */
const withSlot: readonly Place[] = ['claim', 'leave', 'free'];

/** What the kernel does when a thread ends: first its slot is marked, then the bell is rung for one. */
function die(state: State, index: number, setup: Setup): void {
  const self = threadOf(state, index);
  const isSilent = setup.sleepsSilently === true && self.at === 'asleep';
  state.queue = state.queue.filter((one) => one !== index);
  state.kills--;
  self.dead = true;
  self.at = withSlot.includes(self.at) || isSilent ? 'end' : 'dying';
  if (self.slot === 0) return;
  state.slots[self.slot - 1] = { ...slotAt(state, self.slot - 1), word: -(index + 1) };
}

/** What a thread has looked at, and will not use, makes no state another one. */
function tidy(state: State): State {
  const uses: readonly Place[] = [
    'scan',
    'bury',
    'remove',
    'break',
    'swap',
    'write',
    'join',
    'mark',
    'restart',
  ];
  for (const one of state.threads) {
    if (!uses.includes(one.at)) one.seen = nothing;
    if (one.at !== 'bury' && one.at !== 'remove') one.seenSlot = empty;
    const looks = ['scan', 'bury', 'remove'].includes(one.at);
    if (!looks) one.found = false;
    if (!looks && one.at !== 'mark' && one.at !== 'claim') one.next = 0;
    if (one.aim !== 'state' || !(looks || one.at === 'enqueue' || one.at === 'check'))
      one.words = [];
    if (one.at !== 'ring' && one.at !== 'rung') [one.rings, one.then] = [NONE, 'end'];
  }
  return state;
}

function copyOf(state: State): State {
  return {
    ...state,
    slots: [...state.slots],
    queue: [...state.queue],
    broken: [...state.broken],
    threads: state.threads.map((thread) => ({ ...thread, words: [...thread.words] })),
  };
}

function* after(state: State, setup: Setup): Generator<State> {
  for (const [index, { at }] of state.threads.entries()) {
    if (at === 'end') continue;
    if (at === 'dying') {
      // The kernel wakes one, whichever.
      for (const woken of state.queue.length > 0 ? state.queue : [-1]) {
        const next = copyOf(state);
        step(next, index, setup);
        next.queue = next.queue.filter((one) => one !== woken);
        if (woken >= 0) wakeOne(next, woken);
        yield tidy(next);
      }
      continue;
    }
    if (at !== 'asleep' || state.leaves > 0) {
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
function wrong({ pair, slots, threads, fault }: State): string | undefined {
  if (fault !== undefined) return fault;
  if (threads.some(({ at }) => at !== 'asleep' && at !== 'end')) return undefined;
  const asleep = threads.filter(({ at }) => at === 'asleep');
  if (asleep.some(({ waitsFor }) => waitsFor !== pair.generation)) return 'somebody sleeps on';
  const isMarked = ({ word, of }: Slot): boolean => word < 0 && of === pair.generation;
  if (asleep.length > 0 && slots.some(isMarked)) return 'somebody sleeps beside a dead one';
  const isCounted = (pair.generation & BROKEN) !== 0 || pair.arrived === asleep.length;
  return isCounted || slots.some(isMarked) ? undefined : 'somebody is counted who does not wait';
}

export function explore(setup: Setup): Explored {
  return explored({
    first: first(setup),
    after: (state) => after(state, setup),
    keyOf: (state) => JSON.stringify(Object.values(state).slice(0, -1)),
    wrong,
  });
}
