import { readdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';

import { posix, SystemError } from 'posix-ipc';

import { isRoot, testIf } from '../support/machine';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { startNode } from '../support/processes';
import {
  adoptSemaphore,
  fileOf,
  modeOf,
  temporarySemaphore,
  unusedName,
} from '../support/semaphores';
import { waitUntil } from '../support/wait-until';

const { Semaphore } = posix;

type Opener = (name?: string, options?: posix.SemaphoreOptions) => Promise<posix.Semaphore>;

/** Both forms, as one shape. */
function bothForms(
  promise: Opener,
  sync: (name?: string, options?: posix.SemaphoreOptions) => posix.Semaphore,
): [string, Opener][] {
  return [
    ['promise', promise],
    ['Sync', (name, options) => Promise.resolve().then(() => sync(name, options))],
  ];
}

const creators = bothForms(
  (name, options) => Semaphore.create(name, options),
  (name, options) => Semaphore.createSync(name, options),
);
const openers = bothForms(
  (name) => Semaphore.open(name as string),
  (name) => Semaphore.openSync(name as string),
);
const openersOrCreators = bothForms(
  (name, options) => Semaphore.openOrCreate(name, options),
  (name, options) => Semaphore.openOrCreateSync(name, options),
);

const longest = 'n'.repeat(251);

describe.each([...creators, ...openersOrCreators])('a new semaphore, %s', (_form, create) => {
  test('has the value 0 and the mode 0600', async () => {
    const name = unusedName();
    const semaphore = adoptSemaphore(await create(name));
    expect(semaphore).toBeInstanceOf(Semaphore);
    expect([semaphore.name, semaphore.value, semaphore.closed]).toEqual([name, 0, false]);
    expect(modeOf(name)).toBe(0o600);
  });

  test('gets a name that others can open, where none is given', async () => {
    const [one, other] = [adoptSemaphore(await create()), adoptSemaphore(await create())];
    expect(one.name).not.toBe(other.name);
    one.post();
    expect(adoptSemaphore(Semaphore.openSync(one.name)).value).toBe(1);
  });

  test.each([0, 0o600, 0o640, 0o666, 0o777])(
    'has the exact mode, whatever the umask: %i',
    async (mode) => {
      const before = process.umask(0o077);
      try {
        const { name } = adoptSemaphore(await create(unusedName(), { mode }));
        expect(modeOf(name)).toBe(mode);
      } finally {
        process.umask(before);
      }
    },
  );

  test.each([0, 1, 1000, 2 ** 31 - 1])('takes the value %i', async (value) => {
    expect(adoptSemaphore(await create(unusedName(), { value })).value).toBe(value);
  });

  test('x is /x', async () => {
    const name = unusedName();
    const semaphore = adoptSemaphore(await create(name.slice(1), { value: 3 }));
    expect(semaphore.name).toBe(name);
    expect(adoptSemaphore(Semaphore.openSync(name)).value).toBe(3);
  });

  test('has its memory', async () => {
    const { name } = adoptSemaphore(await create(unusedName()));
    const { blocks, size } = statSync(fileOf(name));
    expect(blocks * 512).toBeGreaterThanOrEqual(size);
  });

  test('nothing else is left in /dev/shm', async () => {
    const temporary = (): string[] =>
      readdirSync('/dev/shm').filter((file) => file.startsWith('.posix-ipc'));
    const before = temporary();
    const { name } = adoptSemaphore(await create(unusedName()));
    adoptSemaphore(await create(name).catch(() => Semaphore.openSync(name)));
    const made = temporary().filter((file) => !before.includes(file));
    // Others may be making theirs.
    await waitUntil('it is gone', () => !temporary().some((file) => made.includes(file)), 20_000);
    expect(statSync(fileOf(name)).nlink).toBe(1);
  });

  test('takes a name as long as may be', async () => {
    const name = longest.slice(0, -30) + unusedName().slice(1).padEnd(30, 'x').slice(0, 30);
    expect(adoptSemaphore(await create(name)).name).toBe(`/${name}`);
  });

  test('wrong values and options', async () => {
    const bad: [posix.SemaphoreOptions, string][] = [
      [{ value: -1 }, 'ERR_OUT_OF_RANGE'],
      [{ value: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
      [{ value: 0.5 }, 'ERR_OUT_OF_RANGE'],
      [{ value: '1' as never }, 'ERR_INVALID_ARG_TYPE'],
      [{ mode: 0o1000 }, 'ERR_OUT_OF_RANGE'],
      [{ mode: '600' as never }, 'ERR_INVALID_ARG_TYPE'],
      [5 as never, 'ERR_INVALID_ARG_TYPE'],
    ];
    const name = unusedName();
    for (const [options, code] of bad)
      expect(await codeOfRejection(create(name, options))).toBe(code);
    expect(codeThrownBy(() => Semaphore.openSync(name))).toBe('ENOENT');
  });
});

describe.each([...creators, ...openers, ...openersOrCreators])('a name, %s', (_form, open) => {
  test.each(['', '/', '//', '/a/b', 'a/', '//a', 'a\0b', longest + 'n', 'é'.repeat(126)])(
    '%p can be none',
    async (name) => {
      const error = await rejectionOf(open(name));
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
      expect(error.message).toContain('1 to 251 bytes');
    },
  );

  test.each([1, null, {}, Symbol('x')])('%p is none', async (name) => {
    expect(await codeOfRejection(open(name as never))).toBe('ERR_INVALID_ARG_TYPE');
  });
});

describe.each(creators)('create, %s', (_form, create) => {
  test('fails with EEXIST where there is one, which stays as it was', async () => {
    const { name } = temporarySemaphore(7, 0o640);
    const error = await rejectionOf(create(name, { value: 1 }));
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code: 'EEXIST', errno: -17, syscall: 'sem_open', path: name });
    expect(error.message).toBe(`EEXIST: file already exists, sem_open '${name}'`);
    expect(Semaphore.openSync(name).value).toBe(7);
    expect(modeOf(name)).toBe(0o640);
  });
});

describe.each(openers)('open, %s', (_form, open) => {
  test('fails with ENOENT where there is none', async () => {
    const name = unusedName();
    expect(await rejectionOf(open(name))).toMatchObject({
      code: 'ENOENT',
      message: `ENOENT: no such file or directory, sem_open '${name}'`,
      path: name,
    });
  });

  test('a file that holds no semaphore is EINVAL, and says so', async () => {
    const { name } = temporarySemaphore();
    truncateSync(fileOf(name), 8);
    const error = await rejectionOf(open(name));
    expect(error).toMatchObject({ code: 'EINVAL' });
    expect(error.message).toContain('holds no semaphore');
    writeFileSync(fileOf(name), Buffer.alloc(4096, 0xa5));
    expect(await codeOfRejection(open(name))).toBe('EINVAL');
  });

  test('a symbolic link is not followed', async () => {
    const { name } = temporarySemaphore();
    const other = unusedName();
    symlinkSync(fileOf(name), fileOf(name).replace(name.slice(1), other.slice(1)));
    expect(await codeOfRejection(open(other))).toBe('ELOOP');
  });

  testIf(isRoot, 'not root')('another user gets EACCES', async () => {
    const { name } = temporarySemaphore();
    expect(await startNode('as-nobody', ['open-semaphore', name]).json()).toMatchObject({
      code: 'EACCES',
      path: name,
    });
  });
});

describe.each(openersOrCreators)('openOrCreate, %s', (_form, openOrCreate) => {
  test('makes the semaphore, then finds it, with the options of the first', async () => {
    const name = unusedName();
    adoptSemaphore(await openOrCreate(name, { value: 2, mode: 0o640 }));
    const second = adoptSemaphore(await openOrCreate(name, { value: 5, mode: 0o600 }));
    expect(second.value).toBe(2);
    expect(modeOf(name)).toBe(0o640);
  });

  test('wrong options are told even where there is one', async () => {
    const { name } = temporarySemaphore();
    expect(await codeOfRejection(openOrCreate(name, { value: -1 }))).toBe('ERR_OUT_OF_RANGE');
  });
});

describe('unlink', () => {
  const forms: [string, (semaphore: posix.Semaphore) => Promise<void>][] = [
    ['of the object', (semaphore) => semaphore.unlink()],
    [
      'Sync of the object',
      (semaphore) =>
        Promise.resolve().then(() => {
          semaphore.unlinkSync();
        }),
    ],
    ['by name', ({ name }) => Semaphore.unlink(name)],
    ['by name without the slash', ({ name }) => Semaphore.unlink(name.slice(1))],
    [
      'Sync by name',
      ({ name }) =>
        Promise.resolve().then(() => {
          Semaphore.unlinkSync(name);
        }),
    ],
  ];

  test.each(forms)('%s: the name goes, the semaphore is used on', async (_form, unlink) => {
    const semaphore = temporarySemaphore(1);
    const { name } = semaphore;
    await unlink(semaphore);
    expect(codeThrownBy(() => Semaphore.openSync(name))).toBe('ENOENT');
    expect(semaphore.tryWait()).toBe(true);
    const another = adoptSemaphore(Semaphore.createSync(name, { value: 5 }));
    semaphore.post();
    expect([semaphore.value, another.value]).toEqual([1, 5]);
    another.unlinkSync();
    const error = await rejectionOf(unlink(semaphore));
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'sem_unlink', path: name });
  });

  test('of a closed object', async () => {
    const semaphore = temporarySemaphore();
    semaphore.close();
    await semaphore.unlink();
    expect(codeThrownBy(() => Semaphore.openSync(semaphore.name))).toBe('ENOENT');
  });

  test('of what can be no name', () => {
    expect(
      codeThrownBy(() => {
        Semaphore.unlinkSync('/a/b');
      }),
    ).toBe('ERR_OUT_OF_RANGE');
    expect(
      thrownBy(() => {
        Semaphore.unlinkSync(5 as never);
      }),
    ).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  });
});
