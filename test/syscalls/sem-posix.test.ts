/** sem_open and its family, as the man pages have them. */

import {
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  O_CREAT,
  O_EXCL,
  sem_clockwait,
  sem_close,
  sem_getvalue,
  sem_open,
  sem_post,
  sem_timedwait,
  sem_trywait,
  sem_unlink,
  sem_wait,
  SEM_VALUE_MAX,
  type Timespec,
} from 'posix-ipc/syscalls';

import { codeThrownBy, thrownBy } from '../support/outcome';
import { modeOf, unusedName } from '../support/semaphores';

const opened = new Set<number>();

afterEach(() => {
  for (const sem of opened) sem_close(sem);
  opened.clear();
});

function adopt(sem: number): number {
  opened.add(sem);
  return sem;
}

function newSemaphore(value = 0): number {
  return adopt(sem_open(unusedName(), O_CREAT | O_EXCL, 0o600, value));
}

function in20ms(clock: 'REALTIME' | 'MONOTONIC'): Timespec {
  const [sec, nsec] =
    clock === 'MONOTONIC'
      ? process.hrtime()
      : [Math.floor(Date.now() / 1000), (Date.now() % 1000) * 1e6];
  const nanoseconds = nsec + 20e6;
  return { tv_sec: sec + Math.floor(nanoseconds / 1e9), tv_nsec: nanoseconds % 1e9 };
}

test('sem_open makes, finds, and refuses', () => {
  const name = unusedName();
  expect(thrownBy(() => sem_open(name, 0))).toMatchObject({
    code: 'ENOENT',
    syscall: 'sem_open',
    path: name,
  });
  const sem = adopt(sem_open(name, O_CREAT, 0o600, 5));
  expect(sem_getvalue(sem)).toBe(5);
  expect(codeThrownBy(() => sem_open(name, O_CREAT | O_EXCL, 0o600, 5))).toBe('EEXIST');
  expect(sem_open(name, O_CREAT, 0o600, 9)).toBe(sem);
  expect(sem_open(name, 0)).toBe(sem);
  sem_close(sem);
  sem_close(sem);
  expect(sem_getvalue(sem)).toBe(5);
});

test('the umask takes from the mode', () => {
  const before = process.umask(0o027);
  try {
    const name = unusedName();
    adopt(sem_open(name, O_CREAT, 0o666, 0));
    expect(modeOf(name)).toBe(0o640);
  } finally {
    process.umask(before);
  }
});

test('names', () => {
  const open = (name: string): string => codeThrownBy(() => sem_open(name, 0));
  expect([open(''), open('/'), open('/a/b')]).toEqual(['EINVAL', 'EINVAL', 'EINVAL']);
  expect(open('x'.repeat(252))).toBe('ENAMETOOLONG');
  expect(open('x'.repeat(251))).toBe('ENOENT');
  expect(
    codeThrownBy(() => {
      sem_unlink('/');
    }),
  ).toBe('ENOENT');
  expect(
    codeThrownBy(() => {
      sem_unlink('x'.repeat(300));
    }),
  ).toBe('ENAMETOOLONG');
  const name = unusedName();
  expect(adopt(sem_open(name.slice(1), O_CREAT, 0o600, 0))).toBe(sem_open(`//${name}`, 0));
});

test('values', () => {
  const open = (value: number): number => sem_open(unusedName(), O_CREAT, 0o600, value);
  expect(sem_getvalue(adopt(open(SEM_VALUE_MAX)))).toBe(SEM_VALUE_MAX);
  expect(codeThrownBy(() => open(SEM_VALUE_MAX + 1))).toBe('EINVAL');
  expect(codeThrownBy(() => open(-1))).toBe('ERR_OUT_OF_RANGE');
});

test('sem_trywait, sem_wait and sem_post', () => {
  const sem = newSemaphore(2);
  sem_trywait(sem);
  sem_wait(sem);
  expect(
    thrownBy(() => {
      sem_trywait(sem);
    }),
  ).toMatchObject({ code: 'EAGAIN', syscall: 'sem_trywait' });
  sem_post(sem);
  expect(sem_getvalue(sem)).toBe(1);
});

test('sem_post fails at the highest value', () => {
  const sem = newSemaphore(SEM_VALUE_MAX);
  expect(
    codeThrownBy(() => {
      sem_post(sem);
    }),
  ).toBe('EOVERFLOW');
});

describe.each([
  ['sem_timedwait', sem_timedwait, 'REALTIME' as const],
  [
    'sem_clockwait, CLOCK_MONOTONIC',
    (sem: number, time: Timespec) => {
      sem_clockwait(sem, CLOCK_MONOTONIC, time);
    },
    'MONOTONIC' as const,
  ],
  [
    'sem_clockwait, CLOCK_REALTIME',
    (sem: number, time: Timespec) => {
      sem_clockwait(sem, CLOCK_REALTIME, time);
    },
    'REALTIME' as const,
  ],
])('%s', (_name, wait, clock) => {
  test('takes what is there, even when the time is over', () => {
    const sem = newSemaphore(1);
    wait(sem, { tv_sec: 1, tv_nsec: 0n });
    expect(sem_getvalue(sem)).toBe(0);
  });

  test('waits until the time has come', () => {
    const sem = newSemaphore();
    const begin = performance.now();
    expect(
      codeThrownBy(() => {
        wait(sem, in20ms(clock));
      }),
    ).toBe('ETIMEDOUT');
    expect(performance.now() - begin).toBeGreaterThan(18);
  });

  test('refuses what is no time', () => {
    const sem = newSemaphore(1);
    const code = (time: Timespec): string =>
      codeThrownBy(() => {
        wait(sem, time);
      });
    expect(code({ tv_sec: 1, tv_nsec: 1e9 })).toBe('EINVAL');
    expect(code({ tv_sec: 1, tv_nsec: -1 })).toBe('EINVAL');
    expect(code({ tv_sec: 0.5, tv_nsec: 0 })).toBe('ERR_OUT_OF_RANGE');
    expect(code('1' as never)).toBe('ERR_INVALID_ARG_TYPE');
    expect(code({} as never)).toBe('ERR_INVALID_ARG_TYPE');
  });
});

test('sem_clockwait knows two clocks', () => {
  const sem = newSemaphore(1);
  expect(
    codeThrownBy(() => {
      sem_clockwait(sem, 7, { tv_sec: 1, tv_nsec: 0 });
    }),
  ).toBe('EINVAL');
});

test('sem_unlink removes the name', () => {
  const name = unusedName();
  const sem = adopt(sem_open(name, O_CREAT, 0o600, 3));
  sem_unlink(name);
  expect(codeThrownBy(() => sem_open(name, 0))).toBe('ENOENT');
  expect(sem_getvalue(sem)).toBe(3);
  expect(
    thrownBy(() => {
      sem_unlink(name);
    }),
  ).toMatchObject({ code: 'ENOENT', path: name });
});

test('a handle that is closed, or never was, is EINVAL', () => {
  const sem = sem_open(unusedName(), O_CREAT, 0o600, 3);
  sem_close(sem);
  const time = { tv_sec: 1, tv_nsec: 0 };
  for (const handle of [sem, -1, 2 ** 31 - 1, 987_654]) {
    const calls: (() => unknown)[] = [
      () => {
        sem_close(handle);
      },
      () => {
        sem_wait(handle);
      },
      () => {
        sem_trywait(handle);
      },
      () => {
        sem_timedwait(handle, time);
      },
      () => {
        sem_clockwait(handle, CLOCK_MONOTONIC, time);
      },
      () => {
        sem_post(handle);
      },
      () => sem_getvalue(handle),
    ];
    expect(calls.map(codeThrownBy)).toEqual(calls.map(() => 'EINVAL'));
  }
  expect(
    codeThrownBy(() => {
      sem_post('1' as never);
    }),
  ).toBe('ERR_INVALID_ARG_TYPE');
});

test('handles are not used again soon', () => {
  const handles = Array.from({ length: 200 }, () => {
    const sem = sem_open(unusedName(), O_CREAT, 0o600, 0);
    sem_close(sem);
    return sem;
  });
  expect(new Set(handles).size).toBe(200);
});
