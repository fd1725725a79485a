/** posix-ipc/syscalls: shmget, shmat, shmdt, shmctl. What they answer in each case stands in conformance/. */

import { memory, SystemError } from 'posix-ipc';
import {
  IPC_CREAT,
  IPC_EXCL,
  IPC_INFO,
  IPC_PRIVATE,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  SHM_DEST,
  SHM_EXEC,
  SHM_HUGETLB,
  SHM_INFO,
  SHM_LOCK,
  SHM_LOCKED,
  SHM_NORESERVE,
  SHM_RDONLY,
  SHM_REMAP,
  SHM_RND,
  SHM_STAT,
  SHM_STAT_ANY,
  SHM_UNLOCK,
  shmat,
  shmctl,
  shmdt,
  shmget,
} from 'posix-ipc/syscalls';

import { isRoot, testIf } from '../support/machine';
import { codeThrownBy, thrownBy } from '../support/outcome';
import { randomKey } from '../support/random-key';
import { adoptAttached, adoptSegmentId } from '../support/segments';

const TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';

function newSegment(size = 100): number {
  return adoptSegmentId(shmget(IPC_PRIVATE, size, 0o600));
}

function attach(id: number, flags = 0): memory.Mapping {
  return adoptAttached(shmat(id, null, flags));
}

function detachCode(mapping: unknown): string {
  return codeThrownBy(() => {
    shmdt(mapping as never);
  });
}

test('shmget finds what it has made', () => {
  const key = randomKey();
  const id = adoptSegmentId(shmget(key, 100, IPC_CREAT | IPC_EXCL | 0o600));
  expect(shmget(key, 50, 0)).toBe(id);
  const error = thrownBy(() => shmget(key, 100, IPC_CREAT | IPC_EXCL));
  expect(error).toBeInstanceOf(SystemError);
  expect(error).toMatchObject({ code: 'EEXIST', syscall: 'shmget', key });
  expect(codeThrownBy(() => shmget(key, 101, 0))).toBe('EINVAL');
  expect(codeThrownBy(() => shmget(key, -1, 0))).toBe(RANGE);
  const perilous = SHM_HUGETLB | SHM_NORESERVE;
  expect(codeThrownBy(() => shmget(IPC_PRIVATE, 1, perilous | 0o600))).toBe(RANGE);
});

describe('shmat and shmdt', () => {
  test('map and unmap', () => {
    const id = newSegment();
    const [one, other] = [attach(id), attach(id, SHM_RND)];
    one.view(Uint8Array)[99] = 7;
    expect(other.view(Uint8Array)[99]).toBe(7);
    expect(shmctl(id, IPC_STAT).shm_nattch).toBe(2);
    const { bytes } = one;
    shmdt(one);
    expect([bytes.length, one.closed]).toEqual([0, true]);
    expect(detachCode(one)).toBe('EINVAL');
    other.close();
    expect(detachCode(other)).toBe('EINVAL');
  });

  test('SHM_RDONLY and SHM_EXEC', () => {
    const id = newSegment();
    const mapping = attach(id, SHM_RDONLY);
    expect(codeThrownBy(() => mapping.buffer)).toBe('EACCES');
    expect(mapping.read()).toHaveLength(100);
    expect(attach(id, SHM_EXEC).view(Uint8Array)).toHaveLength(100);
  });

  test('an address is refused', () => {
    const id = newSegment();
    for (const address of [0, 0x10000, 0x7000_0000_0000n, undefined, Buffer.alloc(8)]) {
      expect(codeThrownBy(() => shmat(id, address as never, SHM_REMAP))).toBe(TYPE);
    }
    expect(codeThrownBy(() => shmat(id, null, SHM_REMAP))).toBe('EINVAL');
    expect(shmctl(id, IPC_STAT).shm_nattch).toBe(0);
  });

  test('wrong arguments', () => {
    expect(codeThrownBy(() => shmat('x' as never, null, 0))).toBe(TYPE);
    expect(detachCode(null)).toBe(TYPE);
    expect(detachCode({})).toBe('EINVAL');
    using other = memory.mapAnonymousSync({ length: 1 });
    expect(detachCode(other)).toBe('EINVAL');
    expect(other.closed).toBe(false);
  });
});

describe('shmctl', () => {
  test('status, owner, removal', () => {
    const id = newSegment();
    const ds = shmctl(id, IPC_STAT);
    expect(ds).toMatchObject({ shm_segsz: 100, shm_cpid: process.pid, shm_nattch: 0 });
    shmctl(id, IPC_SET, { shm_perm: { ...ds.shm_perm, mode: 0o640 } });
    expect(shmctl(id, IPC_STAT).shm_perm.mode).toBe(0o640);
    expect(
      codeThrownBy(() => {
        shmctl(id, IPC_SET, {} as never);
      }),
    ).toBe(TYPE);
    const mapping = attach(id);
    shmctl(id, IPC_RMID);
    expect(shmctl(id, IPC_STAT).shm_perm.mode & SHM_DEST).toBe(SHM_DEST);
    shmdt(mapping);
    expect(codeThrownBy(() => shmctl(id, IPC_STAT))).toBe('EINVAL');
    expect(codeThrownBy(() => shmctl(id, 12_345))).toBe('EINVAL');
  });

  test('of a negative id', () => {
    expect(codeThrownBy(() => shmctl(-1, IPC_INFO))).toBe('EINVAL');
    expect(codeThrownBy(() => shmctl(-1, SHM_INFO))).toBe('EINVAL');
  });

  testIf(isRoot, 'not root')('SHM_LOCK and SHM_UNLOCK', () => {
    const id = newSegment();
    shmctl(id, SHM_LOCK);
    expect(shmctl(id, IPC_STAT).shm_perm.mode & SHM_LOCKED).toBe(SHM_LOCKED);
    shmctl(id, SHM_UNLOCK);
    expect(shmctl(id, IPC_STAT).shm_perm.mode & SHM_LOCKED).toBe(0);
  });

  test('the whole system', () => {
    const id = newSegment();
    const limits = shmctl(0, IPC_INFO);
    expect(limits).toMatchObject({ shmmin: 1 });
    expect(limits.shmmax).toBeGreaterThan(0n);
    const used = shmctl(0, SHM_INFO);
    expect(used.used_ids).toBeGreaterThanOrEqual(1);
    const found = Array.from({ length: used.index + 1 }, (_, index) => index).flatMap((index) => {
      try {
        const [one, any] = [shmctl(index, SHM_STAT), shmctl(index, SHM_STAT_ANY)];
        return one.shmid === id && any.shmid === id ? [one] : [];
      } catch {
        return [];
      }
    });
    expect(found).toMatchObject([{ shmid: id, shm_segsz: 100 }]);
  });
});
