/** Rows of sem_wait, sem_trywait, sem_timedwait, sem_clockwait, sem_post and sem_getvalue. */

import { posix } from 'posix-ipc';
import {
  CLOCK_MONOTONIC,
  SEM_VALUE_MAX,
  sem_clockwait,
  sem_getvalue,
  sem_post,
  sem_timedwait,
  sem_trywait,
  sem_wait,
  type Timespec,
} from 'posix-ipc/syscalls';

import { untilBlockedIn } from '../support/blocked';
import { adoptSemaphore } from '../support/semaphores';
import { soon } from '../support/wait-until';
import { acrossSignal, inOther, start, whileBlocked, whilePending } from './elsewhere';
import { orEagain } from './result';
import { absent, different, type Row } from './row';
import { newSemaphore, semaphoreObject, waitedName, withValue, withValueOf } from './semaphores';

interface Waited {
  key: string;
  id: number;
  semaphore: posix.Semaphore;
}

/** A semaphore of 0 that somebody is going to wait for. */
function waited(): Waited {
  const name = waitedName();
  return { ...name, semaphore: adoptSemaphore(posix.Semaphore.createSync(name.key)) };
}

/** Somebody waits with a call, and then the semaphore is posted. */
function goesOn(id: string, call: string): Row {
  return {
    id,
    what: 'a call that blocks goes on when somebody posts',
    expected: 'done',
    c: `${call}-goes-on`,
    sync: () => {
      const target = waited();
      const post = (): void => {
        target.semaphore.post();
      };
      return whileBlocked('futex', target, post, call);
    },
    promise: () => {
      const target = waited();
      const { semaphore } = target;
      return whilePending('futex', target, semaphore.wait({ timeout: 20_000 }), () => {
        semaphore.post();
      });
    },
  };
}

const restarts = absent('Node sets SA_RESTART on all its handlers');

function interrupted(id: string, call: string): Row {
  return {
    id,
    what: 'a handler without SA_RESTART runs while the call blocks',
    expected: 'EINTR',
    c: `${call}-interrupted`,
    sync: restarts,
    promise: restarts,
  };
}

async function afterKill(call: string): Promise<number> {
  const target = waited();
  const peer = start(call, target);
  await untilBlockedIn('futex', peer.pid, target.id);
  peer.kill('SIGKILL');
  await soon('its end', peer.ended);
  target.semaphore.post();
  return target.semaphore.value;
}

export const semWaitRows: Row[] = [
  {
    id: 'sem_wait',
    what: 'takes one',
    expected: 'done, value 1',
    c: 'sem_wait-takes',
    sync: () => {
      const { handle } = newSemaphore(2);
      return withValue(handle, () => {
        sem_wait(handle);
      });
    },
    promise: () => {
      const semaphore = semaphoreObject(2);
      return withValueOf(semaphore, () => semaphore.wait());
    },
  },
  goesOn('sem_wait', 'sem_wait'),
  interrupted('sem_wait', 'sem_wait'),
  {
    id: 'own',
    what: 'a handler with SA_RESTART runs while the call blocks',
    expected: 'done',
    c: 'sem_wait-interrupted-restart',
    sync: different('EINTR', 'handlers of JavaScript get their turn', () => {
      const target = waited();
      return whileBlocked(
        'futex',
        target,
        (pid) => process.kill(pid, 'SIGUSR2'), // nobody posts
        'sem_wait',
      );
    }),
    promise: different('signal, then done', 'the handler runs meanwhile', () => {
      const target = waited();
      return acrossSignal('futex', 'semaphore-wait', target, () => {
        target.semaphore.post();
      });
    }),
  },
  {
    id: 'own',
    what: 'who is killed while the call blocks has taken nothing',
    expected: '1',
    c: 'sem_wait-killed',
    sync: () => afterKill('sem_wait'),
    promise: () => afterKill('semaphore-wait'),
  },
];

export const semTrywaitRows: Row[] = [
  {
    id: 'sem_trywait',
    what: 'takes one',
    expected: 'done, value 0',
    c: 'sem_trywait-takes',
    sync: () => {
      const { handle } = newSemaphore(1);
      return withValue(handle, () => {
        sem_trywait(handle);
      });
    },
    promise: () => {
      const semaphore = semaphoreObject(1);
      return withValueOf(semaphore, () => orEagain(semaphore.tryWait()));
    },
  },
  {
    id: 'sem_trywait',
    what: 'the value is 0',
    expected: 'EAGAIN, value 0',
    c: 'sem_trywait-none',
    sync: () => {
      const { handle } = newSemaphore();
      return withValue(handle, () => {
        sem_trywait(handle);
      });
    },
    promise: () => {
      const semaphore = semaphoreObject();
      return withValueOf(semaphore, () => orEagain(semaphore.tryWait()));
    },
  },
];

// ---- with a time

interface Timed {
  call: 'sem_timedwait' | 'sem_clockwait';
  wait: (handle: number, time: Timespec) => void;
  /** In nanoseconds. */
  now: () => bigint;
}

const realtime: Timed = {
  call: 'sem_timedwait',
  wait: sem_timedwait,
  now: () => BigInt(Date.now()) * 1_000_000n,
};

const monotonic: Timed = {
  call: 'sem_clockwait',
  wait: (handle, time) => {
    sem_clockwait(handle, CLOCK_MONOTONIC, time);
  },
  now: () => process.hrtime.bigint(),
};

function inMilliseconds({ now }: Timed, milliseconds: number): Timespec {
  const time = now() + BigInt(milliseconds) * 1_000_000n;
  return { tv_sec: time / 1_000_000_000n, tv_nsec: time % 1_000_000_000n };
}

const past: Timespec = { tv_sec: 0, tv_nsec: 0 };
const milliseconds = absent('the class counts milliseconds from now on');

/** `time`: an instant, or in so many milliseconds. */
function until(timed: Timed, value: number, time: Timespec | number): Promise<string> {
  const { handle } = newSemaphore(value);
  const instant = typeof time === 'number' ? inMilliseconds(timed, time) : time;
  return withValue(handle, () => {
    timed.wait(handle, instant);
  });
}

function within(value: number, timeout: number): Promise<string> {
  const semaphore = semaphoreObject(value);
  return withValueOf(semaphore, () => semaphore.wait({ timeout }));
}

function invalidTimes(timed: Timed): Row[] {
  const { call } = timed;
  return [
    {
      id: `${call} 6`,
      what: 'a whole second of nanoseconds',
      expected: 'EINVAL, value 0',
      c: `${call}-nanoseconds`,
      sync: () => until(timed, 0, { tv_sec: 0, tv_nsec: 1e9 }),
      promise: milliseconds,
    },
    {
      id: 'own',
      what: 'likewise where it need not wait',
      expected: 'EINVAL, value 1',
      c: `${call}-nanoseconds-takes`,
      sync: () => until(timed, 1, { tv_sec: 0, tv_nsec: 1e9 }),
      promise: milliseconds,
    },
    {
      id: `${call} 6`,
      what: 'negative nanoseconds',
      expected: 'EINVAL, value 0',
      c: `${call}-negative-nanoseconds`,
      sync: () => until(timed, 0, { tv_sec: 0, tv_nsec: -1 }),
      promise: different('ERR_OUT_OF_RANGE, value 0', 'the time is checked before the call', () =>
        within(0, -1),
      ),
    },
  ];
}

function timedRows(timed: Timed): Row[] {
  const { call } = timed;
  return [
    {
      id: call,
      what: 'takes one',
      expected: 'done, value 0',
      c: `${call}-takes`,
      sync: () => until(timed, 1, 1000),
      promise: () => within(1, 1000),
    },
    {
      id: `${call} 7`,
      what: 'nobody posts in time',
      expected: 'ETIMEDOUT, value 0',
      c: `${call}-expires`,
      sync: () => until(timed, 0, 10),
      promise: () => within(0, 10),
    },
    {
      id: `${call} 7`,
      what: 'the time is over, and the value 0',
      expected: 'ETIMEDOUT, value 0',
      c: `${call}-past`,
      sync: () => until(timed, 0, past),
      promise: () => within(0, 0),
    },
    {
      id: `${call} 11`,
      what: 'the time is over, and the value is not 0',
      expected: 'done, value 0',
      c: `${call}-past-takes`,
      sync: () => until(timed, 1, past),
      promise: () => within(1, 0),
    },
    ...invalidTimes(timed),
    goesOn(call, call),
    interrupted(`${call} 9`, call),
  ];
}

export const semTimedwaitRows: Row[] = timedRows(realtime);

export const semClockwaitRows: Row[] = [
  ...timedRows(monotonic).map((row) => ({ ...row, id: 'own' })),
  {
    id: 'own',
    what: 'a clock that cannot be waited for',
    expected: 'EINVAL, value 0',
    c: 'sem_clockwait-no-such-clock',
    sync: () => {
      const { handle } = newSemaphore();
      return withValue(handle, () => {
        sem_clockwait(handle, 2, past); // CLOCK_PROCESS_CPUTIME_ID
      });
    },
    promise: absent('the class has one clock'),
  },
];

// ---- sem_post, sem_getvalue

async function afterPost(call: string): Promise<number> {
  const semaphore = semaphoreObject();
  await inOther(call, semaphore.name);
  return semaphore.value;
}

export const semPostRows: Row[] = [
  {
    id: 'sem_post',
    what: 'adds one',
    expected: 'done, value 3',
    c: 'sem_post-adds',
    sync: () => {
      const { handle } = newSemaphore(2);
      return withValue(handle, () => {
        sem_post(handle);
      });
    },
    promise: () => {
      const semaphore = semaphoreObject(2);
      return withValueOf(semaphore, () => {
        semaphore.post();
      });
    },
  },
  {
    id: 'sem_post',
    what: 'the value is the largest',
    expected: `EOVERFLOW, value ${String(SEM_VALUE_MAX)}`,
    c: 'sem_post-too-high',
    sync: () => {
      const { handle } = newSemaphore(SEM_VALUE_MAX);
      return withValue(handle, () => {
        sem_post(handle);
      });
    },
    promise: () => {
      const semaphore = semaphoreObject(SEM_VALUE_MAX);
      return withValueOf(semaphore, () => {
        semaphore.post();
      });
    },
  },
  {
    id: 'sem_post',
    what: 'of another process',
    expected: '1',
    c: 'sem_post-of-other',
    sync: () => afterPost('sem_post'),
    promise: () => afterPost('semaphore-post'),
  },
];

export const semGetvalueRows: Row[] = [
  {
    id: 'sem_getvalue',
    what: 'the value',
    expected: '7',
    c: 'sem_getvalue-value',
    sync: () => sem_getvalue(newSemaphore(7).handle),
    promise: () => semaphoreObject(7).value,
  },
  {
    id: 'sem_getvalue',
    what: 'the value while somebody waits is 0, never negative',
    expected: '0 then done',
    c: 'sem_getvalue-waiting',
    sync: async () => {
      const target = waited();
      let value = -1;
      const look = (): void => {
        ({ value } = target.semaphore);
        target.semaphore.post();
      };
      const result = await whileBlocked('futex', target, look, 'sem_wait');
      return `${String(value)} then ${result}`;
    },
    promise: async () => {
      const target = waited();
      const { semaphore } = target;
      let value = -1;
      await whilePending('futex', target, semaphore.wait(), () => {
        ({ value } = semaphore);
        semaphore.post();
      });
      return `${String(value)} then done`;
    },
  },
];
