/** posix-ipc/syscalls: semget, semop, semtimedop, semctl. What they answer in each case stands in conformance/. */

import path from 'node:path';

import { SystemError } from 'posix-ipc';
import {
  GETALL,
  GETNCNT,
  GETPID,
  GETVAL,
  GETZCNT,
  IPC_CREAT,
  IPC_EXCL,
  IPC_INFO,
  IPC_NOWAIT,
  IPC_PRIVATE,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  SEM_INFO,
  SEM_STAT,
  SEM_STAT_ANY,
  SEM_UNDO,
  SETALL,
  SETVAL,
  semctl,
  semget,
  semop,
  semtimedop,
  type Sembuf,
} from 'posix-ipc/syscalls';

import { ownNamespace } from '../conformance/needs';
import { testIf } from '../support/machine';
import { codeThrownBy, thrownBy } from '../support/outcome';
import { Peer } from '../support/processes';
import { randomKey } from '../support/random-key';
import { adoptSetId } from '../support/semaphore-sets';

const TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';

function newSet(...values: number[]): number {
  const id = adoptSetId(semget(IPC_PRIVATE, values.length, 0o600));
  semctl(id, 0, SETALL, values);
  return id;
}

function op(sem_num: number, sem_op: number, sem_flg = IPC_NOWAIT): Sembuf {
  return { sem_num, sem_op, sem_flg };
}

test('semget finds what it has made', () => {
  const key = randomKey();
  const id = adoptSetId(semget(key, 2, IPC_CREAT | IPC_EXCL | 0o600));
  expect(semget(key, 0, 0)).toBe(id);
  const error = thrownBy(() => semget(key, 2, IPC_CREAT | IPC_EXCL));
  expect(error).toBeInstanceOf(SystemError);
  expect(error).toMatchObject({ code: 'EEXIST', syscall: 'semget', key });
  expect(codeThrownBy(() => semget('x' as never, 1, 0))).toBe(TYPE);
});

describe('semop', () => {
  test('performs the first nsops operations', () => {
    const id = newSet(5, 0);
    semop(id, [op(0, -2), op(1, 3), op(1, 9)], 2);
    expect(semctl(id, 0, GETALL)).toEqual([3, 3]);
  });

  test('throws what the kernel answers', () => {
    const id = newSet(0);
    const error = thrownBy(() => {
      semop(id, [op(0, -1)], 1);
    });
    expect(error).toMatchObject({ code: 'EAGAIN', syscall: 'semop', id });
    expect(
      codeThrownBy(() => {
        semop(id, [], 0);
      }),
    ).toBe('EINVAL');
  });

  test('SEM_UNDO, and flags as C writes them', () => {
    const id = newSet(1);
    semop(id, [op(0, -1, SEM_UNDO | IPC_NOWAIT)], 1);
    semop(id, [op(0, 1, SEM_UNDO)], 1);
    expect(semctl(id, 0, GETVAL)).toBe(1);
  });

  test('wrong arguments', () => {
    const id = newSet(1);
    const code = (sops: unknown, nsops: unknown): string =>
      codeThrownBy(() => {
        semop(id, sops as never, nsops as never);
      });
    expect(code({}, 1)).toBe(TYPE);
    expect(code([1], 1)).toBe(TYPE);
    expect(code([op(0, 1)], 2)).toBe(RANGE);
    expect(code([op(0, 1)], -1)).toBe(RANGE);
    expect(code([op(65_536, 1)], 1)).toBe(RANGE);
    expect(code([op(0, 32_768)], 1)).toBe(RANGE);
    expect(code([op(0, 1, 65_536)], 1)).toBe(RANGE);
    expect(code([{ sem_num: 0, sem_op: 1 }], 1)).toBe(TYPE);
    expect(semctl(id, 0, GETVAL)).toBe(1);
  });
});

test('semop of an operation that makes a call when it is read', () => {
  const id = newSet(0, 0, 0);
  const second = {
    sem_num: 1,
    get sem_op() {
      semop(id, [op(2, 7)], 1);
      return 2;
    },
    sem_flg: IPC_NOWAIT,
  };
  semop(id, [op(0, 1), second], 2);
  expect(semctl(id, 0, GETALL)).toEqual([1, 2, 7]);
});

describe('semtimedop', () => {
  test('EAGAIN when the time is over, not earlier', () => {
    const id = newSet(0);
    let error: unknown;
    let begin: number;
    do {
      begin = performance.now();
      error = thrownBy(() => {
        semtimedop(id, [op(0, -1, 0)], 1, { tv_sec: 0, tv_nsec: 30_000_000 });
      });
      // A signal for Node itself ends it as well, such as that of a child that has just ended.
    } while ((error as { code?: unknown }).code === 'EINTR');
    expect(performance.now() - begin).toBeGreaterThanOrEqual(30);
    expect(error).toMatchObject({ code: 'EAGAIN', syscall: 'semtimedop', id });
  });

  test('performs what can be performed, whatever the time', () => {
    const id = newSet(3);
    semtimedop(id, [op(0, -1, 0)], 1, { tv_sec: 0n, tv_nsec: 0n });
    semtimedop(id, [op(0, -1, 0)], 1, null);
    expect(semctl(id, 0, GETVAL)).toBe(1);
  });

  test('a time that makes a call when it is read', () => {
    const id = newSet(0, 0);
    const time = {
      get tv_sec() {
        semop(id, [op(1, 7)], 1);
        return 0;
      },
      tv_nsec: 0,
    };
    semtimedop(id, [op(0, 1)], 1, time);
    expect(semctl(id, 0, GETALL)).toEqual([1, 7]);
  });

  test('a time that is none', () => {
    const id = newSet(1);
    const code = (tv_sec: number, tv_nsec: number): string =>
      codeThrownBy(() => {
        semtimedop(id, [op(0, -1, 0)], 1, { tv_sec, tv_nsec });
      });
    expect(code(-1, 0)).toBe('EINVAL');
    expect(code(0, -1)).toBe('EINVAL');
    expect(code(0, 1e9)).toBe('EINVAL');
    expect(code(0.5, 0)).toBe(RANGE);
    expect(semctl(id, 0, GETVAL)).toBe(1);
  });
});

describe('semctl', () => {
  test('values', () => {
    const id = newSet(1, 2, 3);
    semctl(id, 1, SETVAL, 7);
    expect(semctl(id, 1, GETVAL)).toBe(7);
    expect(semctl(id, 0, GETALL)).toEqual([1, 7, 3]);
    expect(semctl(id, 1, GETPID)).toBe(process.pid);
    expect([semctl(id, 0, GETNCNT), semctl(id, 0, GETZCNT)]).toEqual([0, 0]);
    expect(
      codeThrownBy(() => {
        semctl(id, 0, SETVAL, 32_768);
      }),
    ).toBe('ERANGE');
    expect(
      codeThrownBy(() => {
        semctl(id, 0, SETALL, [1, 2, 32_768]);
      }),
    ).toBe('ERANGE');
    expect(
      codeThrownBy(() => {
        semctl(id, 0, SETALL, [1, 2]);
      }),
    ).toBe(RANGE);
    expect(
      codeThrownBy(() => {
        semctl(id, 0, SETALL, 'x' as never);
      }),
    ).toBe(TYPE);
    expect(codeThrownBy(() => semctl(id, 3, GETVAL))).toBe('EINVAL');
  });

  testIf(ownNamespace.isMet, ownNamespace.reason)(
    'SETALL of a set that may not be read, and is larger than SEMMSL by now',
    async () => {
      const fixture = '../../dist-programs/test/fixtures/larger-than-semmsl.js';
      const program = path.resolve(__dirname, fixture);
      const peer = new Peer('unshare', ['--ipc', process.execPath, program]);
      expect(await peer.json()).toBe(true);
    },
  );

  test('status and owner', () => {
    const id = newSet(0, 0);
    const ds = semctl(id, 0, IPC_STAT);
    expect(ds).toMatchObject({ sem_nsems: 2, sem_otime: 0, sem_perm: { mode: 0o600, key: 0 } });
    semctl(id, 0, IPC_SET, { sem_perm: { ...ds.sem_perm, mode: 0o640 } });
    expect(semctl(id, 0, IPC_STAT).sem_perm.mode).toBe(0o640);
    expect(
      codeThrownBy(() => {
        semctl(id, 0, IPC_SET, {} as never);
      }),
    ).toBe(TYPE);
    expect(codeThrownBy(() => semctl(id, 0, 12_345))).toBe('EINVAL');
  });

  test('the whole system', () => {
    const id = newSet(0, 0);
    const limits = semctl(0, 0, IPC_INFO);
    expect(limits).toMatchObject({ semvmx: 32_767 });
    expect(limits.semopm).toBeGreaterThan(0);
    const used = semctl(0, 0, SEM_INFO);
    expect(used.semusz).toBeGreaterThanOrEqual(1);
    expect(used.semaem).toBeGreaterThanOrEqual(2);
    const found = Array.from({ length: used.index + 1 }, (_, index) => index).flatMap((index) => {
      try {
        const [one, any] = [semctl(index, 0, SEM_STAT), semctl(index, 0, SEM_STAT_ANY)];
        return one.semid === id && any.semid === id ? [one] : [];
      } catch {
        return [];
      }
    });
    expect(found).toMatchObject([{ semid: id, sem_nsems: 2 }]);
  });

  test('IPC_RMID', () => {
    const id = newSet(0);
    semctl(id, 0, IPC_RMID);
    expect(codeThrownBy(() => semctl(id, 0, IPC_STAT))).toBe('EINVAL');
  });
});
