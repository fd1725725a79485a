/** Looks at all interleavings of the steps of the readers-writer lock: see rwlock-model-steps.ts. */

import { explored, type Explored } from '../support/explore';
import {
  copyOf,
  first,
  freeSlot,
  steps,
  WRITING,
  type Place,
  type Setup,
  type State,
  type Thread,
} from './rwlock-model-steps';

/** The kernel frees one mutex after another; nobody can tell that from its being slow. */
function die(state: State, index: number): void {
  const self = state.threads[index];
  if (self === undefined) return;
  self.at = 'dead';
  freeSlot(state, index + 1);
  if (state.upgrade === index + 1) state.upgrade = 0;
  if (state.gate === index + 1) {
    state.gate = 0;
    state.died = true;
  }
  state.kills--;
}

/** Forgets what nobody will look at again, so that states that are alike are one. */
function tidy(state: State): State {
  for (const thread of state.threads) {
    if (!['count', 'scan', 'mark', 'recheck', 'sleep', 'claim'].includes(thread.at))
      thread.seen = '';
    if (!['scan', 'mark', 'recheck', 'sleep', 'asleep'].includes(thread.at)) thread.index = 0;
  }
  return state;
}

function keyOf({ phase, count, gate, died, upgrade, slots, torn, threads, kills }: State): string {
  return [
    `${String(phase)}+${String(count)},${String(gate)},${String(upgrade)},${String(kills)}`,
    died ? 'd' : '',
    torn ? 't' : '',
    ...slots.map(
      ({ owner, marked, nudged }) => `${String(owner)}${marked ? 'm' : ''}${nudged ? 'n' : ''}`,
    ),
    ...threads.map(
      ({ at, rounds, seen, index }) => `${at}${String(rounds)}${seen}/${String(index)}`,
    ),
  ].join(' ');
}

function isBlocked(state: State, { at }: Thread): boolean {
  return ['asleep', 'rest', 'dead'].includes(at) || (at === 'gate' && state.gate !== 0);
}

function* after(state: State, setup: Setup): Generator<State> {
  for (const [index, thread] of state.threads.entries()) {
    if (thread.at === 'dead' || thread.at === 'rest') continue;
    if (!isBlocked(state, thread)) {
      const next = copyOf(state);
      const self = next.threads[index];
      if (self !== undefined) steps[self.at]?.(next, self, index + 1, setup);
      yield tidy(next);
    }
    if (state.kills > 0) {
      const next = copyOf(state);
      die(next, index);
      yield tidy(next);
    }
  }
}

const alone: Place[] = ['tear', 'mend', 'repair', 'consistent'];
const shared: Place[] = ['read', 'leave', 'lockUpgrade', 'nudge', 'wake'];

/** What must never be: a reason, or undefined. */
function wrong(state: State): string | undefined {
  const writers = state.threads.filter(({ at }) => alone.includes(at)).length;
  const readers = state.threads.filter(({ at }) => shared.includes(at)).length;
  if (writers > 1) return 'two write';
  if (writers > 0 && readers > 0) return 'somebody reads what is written';
  const mends = state.threads.some(({ at }) => at === 'mend' || at === 'repair');
  if (readers > 0 && state.torn && !mends) return 'somebody reads what is torn';
  if (state.threads.some(({ at }) => at === 'tear') && state.torn) return 'a death was not told';
  if (!state.threads.every((thread) => isBlocked(state, thread))) return undefined;
  const live = state.threads.some(({ at }) => at === 'asleep' || at === 'gate');
  if (live) return 'all who live wait';
  return state.torn && !(state.died && state.phase === WRITING)
    ? 'a death is forgotten'
    : undefined;
}

export function explore(setup: Setup): Explored {
  return explored({ first: first(setup), after: (state) => after(state, setup), keyOf, wrong });
}
