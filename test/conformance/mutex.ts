/** Rows of robust mutexes, pthread_mutex_lock(3p) and its family: `lockSync` and `lock` of the class. */

import type { lock } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { makeLedger } from '../support/mutexes';
import { startC, type Peer } from '../support/processes';
import { inOther, start } from './elsewhere';
import { orBusy, tellOfDeath } from './result';
import { absent, different, own, type Column, type Row } from './row';

const guardIsOwner = 'the guard is the owner: another one would wait for it';

/** A guard that is forgotten keeps its mutex locked, and its place in the list of this thread. */
const taken: lock.MutexGuard[] = [];

afterEach(() => {
  for (const guard of taken) guard[Symbol.dispose]();
  taken.length = 0;
});

function keep<G extends lock.MutexGuard | undefined>(guard: G): G {
  if (guard !== undefined) taken.push(guard);
  return guard;
}

interface Lock {
  file: string;
  mutex: lock.Mutex;
}

/** How a form locks, in this process; and how it waits while something happens. */
interface Form {
  take: (mutex: lock.Mutex, options?: { timeout: number }) => unknown;
  taken: (of: Lock, happen: () => unknown) => Promise<string>;
}

const blocking: Form = {
  take: (mutex, options) => keep(mutex.lockSync(options)),
  taken: async ({ file }, happen) => {
    const peer = start('mutex-lock', { key: file });
    await untilBlockedIn('futex', peer.pid);
    await happen();
    return peer.line();
  },
};

const pending: Form = {
  take: async (mutex, options) => keep(await mutex.lock(options)),
  taken: async ({ mutex }, happen) => {
    const waiting = mutex.lock();
    await untilBlockedIn('futex_waitv', process.pid);
    await happen();
    return tellOfDeath(keep(await waiting));
  },
};

function newLock(): Lock {
  const { file, ledger } = makeLedger();
  return { file, mutex: ledger.mutex };
}

/** Another process that has it: it releases it, or ends with it, when it is told. */
async function holder({ file }: Lock, command: 'hold' | 'leave' = 'hold'): Promise<Peer> {
  const peer = await startC('mutex-peer', [file, command]);
  await peer.line();
  return peer;
}

async function kill(peer: Peer): Promise<void> {
  peer.kill('SIGKILL');
  await peer.ended;
}

async function leftByOneKilled(): Promise<Lock> {
  const made = newLock();
  await kill(await holder(made));
  return made;
}

async function leftUnsettled(): Promise<Lock> {
  const left = await leftByOneKilled();
  left.mutex.lockSync().release();
  return left;
}

/** The same with both forms. */
function both(c: string, what: string, expected: string, run: (form: Form) => unknown): Row {
  return own(
    c,
    what,
    expected,
    () => run(blocking),
    () => run(pending),
  );
}

/** What the next guard is told. */
const told = async (form: Form, { mutex }: Lock): Promise<string> =>
  tellOfDeath((await form.take(mutex)) as lock.MutexGuard);

/** A row that tries only, so that there is one form. */
const tries = (run: Column): [Column, Column] => [run, absent('tryLock has one form')];

const having: Row[] = [
  both('mutex-free', 'a free one', 'done', (form) => told(form, newLock())),
  own(
    'mutex-busy',
    'trylock of what another has',
    'EBUSY',
    ...tries(async () => {
      const made = newLock();
      const peer = await holder(made);
      const answer = orBusy(keep(made.mutex.tryLock()));
      await kill(peer);
      return answer;
    }),
  ),
  both('mutex-expires', 'another has it for too long', 'ETIMEDOUT', async (form) => {
    const made = newLock();
    const peer = await holder(made);
    try {
      return await form.take(made.mutex, { timeout: 1 });
    } finally {
      await kill(peer);
    }
  }),
  both('mutex-unlock-wakes', 'who waits gets what is unlocked', 'done', async (form) => {
    const made = newLock();
    const peer = await holder(made);
    return form.taken(made, () => {
      peer.tell('go');
    });
  }),
  own(
    'mutex-relock',
    'by the thread that has it',
    'EDEADLK',
    () => {
      const { mutex } = newLock();
      keep(mutex.lockSync());
      mutex.lockSync();
    },
    different('ETIMEDOUT', 'a promise can wait for another guard of its thread', async () => {
      const { mutex } = newLock();
      keep(await mutex.lock());
      await mutex.lock({ timeout: 1 });
    }),
  ),
  own(
    'mutex-recursive',
    'by the thread that has it, recursive',
    'done',
    absent(guardIsOwner),
    absent(guardIsOwner),
  ),
  both('mutex-unlock-twice', 'unlocked twice', 'EPERM', async (form) => {
    const guard = (await form.take(newLock().mutex)) as lock.MutexGuard;
    guard.release();
    guard.release();
  }),
  own(
    'mutex-unlock-of-other',
    'unlocked by one who has not locked it',
    'EPERM',
    absent('who has no guard cannot say that'),
    absent('who has no guard cannot say that'),
  ),
];

const deaths: Row[] = [
  both('mutex-killed', 'its owner was killed', 'EOWNERDEAD', async (form) =>
    told(form, await leftByOneKilled()),
  ),
  own(
    'mutex-killed-try',
    'trylock: its owner was killed',
    'EOWNERDEAD',
    ...tries(async () => orBusy(keep((await leftByOneKilled()).mutex.tryLock()))),
  ),
  both('mutex-exited', 'its owner has exited with it', 'EOWNERDEAD', async (form) => {
    const made = newLock();
    const peer = await holder(made, 'leave');
    peer.tell('go');
    await peer.success();
    return told(form, made);
  }),
  both(
    'mutex-killed-waiter',
    'its owner is killed, while one waits',
    'EOWNERDEAD',
    async (form) => {
      const made = newLock();
      const peer = await holder(made);
      return form.taken(made, () => kill(peer));
    },
  ),
  both('mutex-told-dies', 'who was told has died, too', 'EOWNERDEAD', async (form) => {
    const left = await leftByOneKilled();
    await inOther('mutex-lock', left.file);
    return told(form, left);
  }),
  both('mutex-consistent', 'who was told has made it consistent', 'done', async (form) => {
    const left = await leftByOneKilled();
    const guard = keep(left.mutex.lockSync());
    guard.markConsistent();
    guard.release();
    return told(form, left);
  }),
  both('mutex-consistent-alive', 'made consistent, and nobody has died', 'EINVAL', async (form) => {
    ((await form.take(newLock().mutex)) as lock.MutexGuard).markConsistent();
  }),
  both('mutex-not-consistent', 'who was told has not', 'ENOTRECOVERABLE', async (form) =>
    told(form, await leftUnsettled()),
  ),
  own(
    'mutex-not-consistent-try',
    'trylock: who was told has not',
    'ENOTRECOVERABLE',
    ...tries(async () => orBusy(keep((await leftUnsettled()).mutex.tryLock()))),
  ),
  both(
    'mutex-not-consistent-waiter',
    'who was told unlocks without, while one waits',
    'ENOTRECOVERABLE',
    async (form) => {
      const left = await leftByOneKilled();
      const guard = keep(left.mutex.lockSync());
      return form.taken(left, () => {
        guard.release();
      });
    },
  ),
];

export const mutexRows: Row[] = [...having, ...deaths];
