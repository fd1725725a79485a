/** posix.Semaphore.at, sem_init and sem_destroy: semaphores in mappings. */

import { randomBytes } from 'node:crypto';

import { posix } from 'posix-ipc';
import { sem_destroy, sem_getvalue, sem_init, sem_post, sem_wait } from 'posix-ipc/syscalls';

import { untilBlockedIn } from '../support/blocked';
import { temporaryFile } from '../support/files';
import { anonymous, mapped } from '../support/mappings';
import { codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { soon } from '../support/wait-until';

const { Semaphore } = posix;

test('made in one mapping of a file, used in another', async () => {
  const file = temporaryFile(Buffer.alloc(4096));
  const [one, other] = [mapped(file, { access: 'write' }), mapped(file, { access: 'write' })];
  using made = Semaphore.at(one, 64, { value: 2 });
  using found = Semaphore.at(other, 64);
  expect([made.name, made.value, found.value]).toEqual(['', 2, 2]);
  found.waitSync();
  expect(made.tryWait()).toBe(true);
  const waiting = found.wait();
  await untilBlockedIn('futex', process.pid);
  made.post();
  await soon('the wait', waiting);
  expect(found.value).toBe(0);
});

test('goes on when its mapping is closed, and keeps it in its place before', async () => {
  const mapping = anonymous(8192, { shared: true });
  using semaphore = Semaphore.at(mapping, 0, { value: 0 });
  expect(
    codeThrownBy(() => {
      mapping.protectSync('none');
    }),
  ).toBe('EBUSY');
  const waiting = semaphore.wait();
  await untilBlockedIn('futex', process.pid);
  mapping.close();
  semaphore.post();
  await soon('the wait', waiting);
});

test('a mapping without a semaphore', () => {
  const mapping = anonymous(4096, { shared: true });
  const error = thrownBy(() => Semaphore.at(mapping));
  expect(error).toMatchObject({ code: 'EINVAL', syscall: 'sem_init' });
  expect(error.message).toContain('nobody has made a semaphore there');
});

test('hostile bytes end nothing', async () => {
  const mapping = anonymous(4096, { shared: true });
  for (let round = 0; round < 200; round++) {
    using semaphore = Semaphore.at(mapping, 0, { value: 0 });
    mapping.bytes.set(randomBytes(32));
    const calls: (() => unknown)[] = [
      () => semaphore.tryWait(),
      () => {
        semaphore.post();
      },
      () => semaphore.value,
      () => {
        semaphore.waitSync({ timeout: 0 });
      },
    ];
    for (const call of calls) {
      try {
        call();
      } catch (error) {
        expect(['EINVAL', 'EOVERFLOW', 'ETIMEDOUT']).toContain((error as { code: string }).code);
      }
    }
  }
  using semaphore = Semaphore.at(mapping, 0, { value: 0 });
  expect(await rejectionOf(semaphore.wait({ timeout: 1 }))).toMatchObject({ code: 'ETIMEDOUT' });
});

test('places and values that can be none', () => {
  const mapping = anonymous(4096, { shared: true });
  const at = (...args: unknown[]): string =>
    codeThrownBy(() => Semaphore.at(...(args as Parameters<typeof Semaphore.at>)));
  expect(at(mapping, 4, { value: 1 })).toBe('ERR_OUT_OF_RANGE');
  expect(at(mapping, 4072, { value: 1 })).toBe('ERR_OUT_OF_RANGE');
  expect(() => posix.Semaphore.at(mapping, 4072)).toThrow('"byteOffset"');
  expect(at(mapping, -8, { value: 1 })).toBe('ERR_OUT_OF_RANGE');
  expect(at(mapping, 0, { value: -1 })).toBe('ERR_OUT_OF_RANGE');
  expect(at(mapping, 0, { value: 2 ** 31 })).toBe('ERR_OUT_OF_RANGE');
  expect(() => Semaphore.at(anonymous(31), 0)).toThrow(/"mapping.length".*at least 32 bytes/);
  expect(at({}, 0)).toBe('ERR_INVALID_ARG_TYPE');
  expect(at(mapped(temporaryFile(Buffer.alloc(4096))), 0)).toBe('ERR_OUT_OF_RANGE');
  mapping.close();
  expect(at(mapping, 0)).toBe('ERR_CLOSED');
});

test('sem_init and sem_destroy', () => {
  const mapping = anonymous(4096, { shared: true });
  for (const pshared of [0, 1]) {
    const sem = sem_init(mapping, 32, pshared, 1);
    sem_wait(sem);
    sem_post(sem);
    expect(sem_getvalue(sem)).toBe(1);
    sem_destroy(sem);
    expect(
      codeThrownBy(() => {
        sem_destroy(sem);
      }),
    ).toBe('EINVAL');
    expect(
      codeThrownBy(() => {
        sem_post(sem);
      }),
    ).toBe('EINVAL');
  }
  expect(codeThrownBy(() => sem_init(mapping, 0, 1, 2 ** 31))).toBe('EINVAL');
});

test.each<[call: string, run: (semaphore: posix.Semaphore) => unknown]>([
  ['sem_getvalue', (semaphore) => semaphore.value],
  [
    'sem_post',
    (semaphore) => {
      semaphore.post();
    },
  ],
  ['sem_wait', (semaphore) => semaphore.tryWait()],
])('%s: an error of one without a name says none', (call, run) => {
  const mapping = anonymous(4096);
  using semaphore = posix.Semaphore.at(mapping, 0, { value: 1 });
  mapping.bytes.fill(0xff, 0, 32);
  const error = thrownBy(() => run(semaphore));
  expect(error).toMatchObject({ message: `EINVAL: invalid argument, ${call}` });
  expect(error).not.toHaveProperty('path');
});
