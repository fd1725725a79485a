import type { lock } from 'posix-ipc';
import { Locks, meetAtLocks, WORD } from '../../bench/core/locks';
import type { Meeting } from '../../bench/core/measure';
import { Slots } from '../../bench/core/slots';

const work = { size: 4, warm: 2, count: 3, check: 0, pause: 0, batch: 1, selectors: 1 };

/** Where a sample of five sections meets, and the locks as one of its programs sees them. */
class Sample {
  readonly #meeting: Meeting;
  readonly #slots: Slots;
  readonly locks: Locks;

  constructor() {
    this.#meeting = meetAtLocks(work, ({ mutex }) => [mutex.statSync().acquisitions]);
    this.#slots = Slots.open(this.#meeting.address);
    this.locks = new Locks(this.#slots.mapping);
  }

  lock(times: number): void {
    for (let i = 0; i < times; i++) this.locks.mutex.lockSync().release();
  }

  get complaint(): string | undefined {
    return this.#meeting.complaint();
  }

  [Symbol.dispose](): void {
    this.locks.close();
    this.#slots.mapping.close();
    this.#meeting.remove();
  }
}

test('what was done as often as it was to be done is right', () => {
  using sample = new Sample();
  sample.lock(5);
  expect(sample.complaint).toBeUndefined();
});

test.each([0, 4, 6])('what was done %d times in place of five is wrong', (times) => {
  using sample = new Sample();
  sample.lock(times);
  expect(sample.complaint).toBe(`it was done ${String(times)} times, not 5`);
});

test.each([
  ['mutex', ({ mutexes: [, , third] }: Locks) => third.lockSync(), 'held'],
  ['lock that is read', ({ rwlock }: Locks) => rwlock.readLockSync(), 'reading'],
  ['lock that is written', ({ rwlock }: Locks) => rwlock.writeLockSync(), 'writing'],
])('a %s that is left is wrong', (_what, take, state) => {
  using sample = new Sample();
  sample.lock(5);
  const guard: lock.MutexGuard | lock.RwLockGuard = take(sample.locks);
  expect(sample.complaint).toBe(`a lock is left, and is ${state}`);
  guard.release();
  expect(sample.complaint).toBeUndefined();
});

test('who is left at a barrier is wrong', async () => {
  using sample = new Sample();
  sample.lock(5);
  const { barrier } = sample.locks;
  const waiting = barrier.wait();
  while (barrier.waiting === 0) await new Promise(setImmediate);
  const { complaint } = sample;
  barrier.tryWait();
  await waiting;
  expect(complaint).toBe('somebody is left at the barrier');
  expect(sample.complaint).toBeUndefined();
});

test('an event that is still set is wrong', () => {
  using sample = new Sample();
  sample.lock(5);
  const [, reply] = sample.locks.events;
  reply.set();
  expect(sample.complaint).toBe('an event is still set');
  expect(reply.tryWait()).toBe(true);
  expect(sample.complaint).toBeUndefined();
});

test('who meets another that has come goes on', () => {
  using sample = new Sample();
  const { words } = sample.locks;
  words[WORD.arrived] = 1; // the other one
  sample.locks.meet();
  expect(words[WORD.arrived]).toBe(2);
});
