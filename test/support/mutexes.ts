/** Locks in memory that are gone after the test. Importing this registers the clean-up. */

import { lock, memory } from 'posix-ipc';

import { temporaryFile } from './files';
import { Ledger } from './ledger';
import { ledgerSlots, RwLedger } from './rw-ledger';
import { Store } from './store';
import { mapFile } from './words';

const made: (lock.Barrier | lock.Condition | lock.Event | lock.Mutex | lock.Once | lock.RwLock)[] =
  [];
const mappings: memory.Mapping[] = [];

afterEach(() => {
  for (const mutex of made) {
    mutex.close();
    mutex.unlinkSync();
  }
  made.length = 0;
  for (const mapping of mappings) mapping.close();
  mappings.length = 0;
});

export function makeMutex(options?: lock.MutexOptions): lock.Mutex {
  const mutex = lock.Mutex.createSync(undefined, options);
  made.push(mutex);
  return mutex;
}

export function makeEvent(options?: lock.EventOptions): lock.Event {
  const event = lock.Event.createSync(undefined, options);
  made.push(event);
  return event;
}

export function makeBarrier(options?: lock.BarrierOptions): lock.Barrier {
  const barrier = lock.Barrier.createSync(undefined, options);
  made.push(barrier);
  return barrier;
}

export function makeCondition(options?: lock.ConditionOptions): lock.Condition {
  const condition = lock.Condition.createSync(undefined, options);
  made.push(condition);
  return condition;
}

export function makeOnce(options?: lock.OnceOptions): lock.Once {
  const once = lock.Once.createSync(undefined, options);
  made.push(once);
  return once;
}

export function makeRwLock(options?: lock.RwLockOptions): lock.RwLock {
  const rwlock = lock.RwLock.createSync(undefined, options);
  made.push(rwlock);
  return rwlock;
}

/** Memory of this process, for locks at offsets. */
export function someMemory(bytes = 4096): memory.Mapping {
  const mapping = memory.mapAnonymousSync({ length: bytes, shared: true });
  mappings.push(mapping);
  return mapping;
}

/** A file with a mutex and its ledger, as the peers know it. */
export function makeLedger(fair = false): { file: string; ledger: Ledger } {
  const file = temporaryFile(Buffer.alloc(4096));
  const mapping = mapFile(file);
  mappings.push(mapping);
  return { file, ledger: new Ledger(mapping, lock.Mutex.at(mapping, 0, { create: true, fair })) };
}

/** The same with a readers-writer lock; `open`: once more, in this process. */
export function makeRwLedger(options: lock.RwLockMaking = {}): {
  file: string;
  ledger: RwLedger;
  open: (options: lock.OpenRwLockOptions) => lock.RwLock;
} {
  const file = temporaryFile(Buffer.alloc(4096));
  const mapping = mapFile(file);
  mappings.push(mapping);
  const made = lock.RwLock.at(mapping, 0, { create: true, slots: ledgerSlots, ...options });
  return {
    file,
    ledger: new RwLedger(mapping, made),
    open: (given) => lock.RwLock.at(mapping, 0, given),
  };
}

/** The same with a mutex and two conditions. */
export function makeStore(): { file: string; store: Store } {
  const file = temporaryFile(Buffer.alloc(4096));
  const mapping = mapFile(file);
  mappings.push(mapping);
  return { file, store: new Store(mapping, { create: true }) };
}
