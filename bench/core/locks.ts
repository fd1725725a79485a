/** Locks in the memory of a row, behind the slots of its messages. */

import { lock, type memory } from 'posix-ipc';
import type { Meeting } from './measure';
import type { Work } from './params';
import { Slots } from './slots';

/** The slots in which they begin; from 4 to 7 are those of C, and the words are in c/locks.c too. */
const PLACE = {
  words: 3,
  mutex: 8,
  second: 9,
  third: 10,
  barrier: 11,
  condition: 12,
  once: 13,
  request: 14,
  reply: 15,
  rwlock: 16,
} as const;

/** All but the first, and 34 for the last lock: one that 64 can read. */
const TYPES = PLACE.rwlock + 34 - 1;

/** The words by which the programs of a row tell each other how far they are. */
export const WORD = { first: 0, second: 1, total: 2, arrived: 3, programs: 4, round: 5 } as const;
const WORDS = 7;

type Create = { create: true } | undefined;

export class Locks {
  readonly mutexes: readonly [lock.Mutex, lock.Mutex, lock.Mutex];
  readonly rwlock: lock.RwLock;
  readonly condition: lock.Condition;
  readonly barrier: lock.Barrier;
  readonly once: lock.Once;
  /** With automatic reset: for requests, and for replies. */
  readonly events: readonly [lock.Event, lock.Event];
  readonly words: Int32Array;
  #arrivals = 0;

  constructor(mapping: memory.Mapping, create?: Create) {
    const at = (name: keyof typeof PLACE): [memory.Mapping, number, Create] => [
      mapping,
      Slots.at(PLACE[name]),
      create,
    ];
    const event = (name: 'request' | 'reply'): lock.Event =>
      lock.Event.at(mapping, Slots.at(PLACE[name]), { ...create, autoReset: true });
    this.mutexes = [
      lock.Mutex.at(...at('mutex')),
      lock.Mutex.at(...at('second')),
      lock.Mutex.at(...at('third')),
    ];
    this.rwlock = lock.RwLock.at(...at('rwlock'));
    this.condition = lock.Condition.at(...at('condition'));
    this.barrier = lock.Barrier.at(...at('barrier'));
    this.once = lock.Once.at(...at('once'));
    this.events = [event('request'), event('reply')];
    this.words = mapping.view(Int32Array, Slots.at(PLACE.words), WORDS);
  }

  get mutex(): lock.Mutex {
    return this.mutexes[0];
  }

  word(name: 'first' | 'second' | 'total'): number {
    return Atomics.load(this.words, WORD[name]);
  }

  /** Waits for the other program without sleeping, so that both go on at the same time. */
  meet(): void {
    this.#arrivals += 2;
    Atomics.add(this.words, WORD.arrived, 1);
    while (Atomics.load(this.words, WORD.arrived) < this.#arrivals);
  }

  /** What is not at rest. */
  complaint(): string | undefined {
    const { mutexes, rwlock, barrier, events } = this;
    const states = [...mutexes, rwlock].map((one) => one.statSync().state);
    const locked = states.find((state) => state !== 'free');
    if (locked !== undefined) return `a lock is left, and is ${locked}`;
    if (barrier.isBroken || barrier.waiting > 0) return 'somebody is left at the barrier';
    return events.some(({ isSet }) => isSet) ? 'an event is still set' : undefined;
  }

  close(): void {
    const { mutexes, rwlock, condition, barrier, once, events } = this;
    for (const one of [...mutexes, rwlock, condition, barrier, once, ...events]) one.close();
  }
}

/** New locks for a sample. What `counts` answers is to be as often as the work was done, all of it. */
export function meetAtLocks(
  { warm, count }: Work,
  counts: (locks: Locks) => readonly number[],
): Meeting {
  const shared = Slots.make(TYPES);
  const locks = new Locks(shared.mapping, { create: true });
  const expected = warm + count;
  return {
    address: shared.name,
    complaint: () => {
      const counted = counts(locks);
      return counted.every((one) => one === expected)
        ? locks.complaint()
        : `it was done ${counted.join(', ')} times, not ${String(expected)}`;
    },
    remove: () => {
      locks.close();
      shared.close();
      shared.unlinkSync();
    },
  };
}
