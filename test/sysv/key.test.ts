import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { SystemError, sysv } from 'posix-ipc';
import { ftok } from 'posix-ipc/syscalls';

import { checkKey, checkKeyOf, randomKey } from '../../lib/sysv/key';
import { codeThrownBy, thrownBy } from '../support/outcome';
import { startC } from '../support/processes';
import { runDirectory } from '../support/run-directory';

describe('ftok', () => {
  const names = ['a', 'b', 'ünïcödé', 'with space', 'directory'];

  function fileOf(name: string): string {
    return path.join(runDirectory(), `ftok-${name}`);
  }

  beforeAll(() => {
    for (const name of names) {
      if (name === 'directory') mkdirSync(fileOf(name), { recursive: true });
      else writeFileSync(fileOf(name), '');
    }
  });

  test.each([1, 2, 127, 128, 200, 255])(
    'makes the keys that C makes, project %i',
    async (project) => {
      const files = [...names.map(fileOf), '/', '/proc', '/etc/passwd', '.'];
      const c = await startC('ftok', [String(project), ...files]);
      const expected = (await c.success()).trim().split('\n').map(Number);
      expect(files.map((file) => sysv.ftok(file, project))).toEqual(expected);
    },
  );

  test('is the same function in posix-ipc and in posix-ipc/syscalls', () => {
    expect(ftok).toBe(sysv.ftok);
  });

  test('a project above 127 makes a negative key, which names a queue', () => {
    const key = sysv.ftok(fileOf('a'), 200);
    expect(key).toBeLessThan(0);
    expect(checkKey(key)).toBe(key);
    expect(checkKey(key >>> 0)).toBe(key);
  });

  test('a file that cannot be looked at', () => {
    const missing = path.join(runDirectory(), 'missing');
    const error = thrownBy(() => sysv.ftok(missing, 1));
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code: 'ENOENT', errno: -2, syscall: 'stat', path: missing });
    expect(error.message).toBe(`ENOENT: no such file or directory, stat '${missing}'`);
    expect(codeThrownBy(() => sysv.ftok(`${fileOf('a')}/x`, 1))).toBe('ENOTDIR');
    expect(codeThrownBy(() => sysv.ftok('', 1))).toBe('ENOENT');
    expect(codeThrownBy(() => sysv.ftok('x'.repeat(5000), 1))).toBe('ENAMETOOLONG');
  });

  test('wrong arguments', () => {
    expect(codeThrownBy(() => sysv.ftok('/', 0))).toBe('ERR_OUT_OF_RANGE');
    expect(codeThrownBy(() => sysv.ftok('/', 256))).toBe('ERR_OUT_OF_RANGE');
    expect(codeThrownBy(() => sysv.ftok('/\0', 1))).toBe('ERR_OUT_OF_RANGE');
    expect(thrownBy(() => sysv.ftok(1 as never, 1)).message).toBe(
      'The "pathname" argument must be a string. Received type number (1)',
    );
    expect(codeThrownBy(() => sysv.ftok('/', '1' as never))).toBe('ERR_INVALID_ARG_TYPE');
  });
});

describe('checkKey', () => {
  test.each([
    [0, 0],
    [1, 1],
    [2 ** 31 - 1, 2 ** 31 - 1],
    [2 ** 31, -(2 ** 31)],
    [2 ** 32 - 1, -1],
    [-(2 ** 31), -(2 ** 31)],
  ])('takes %p as %p', (key, signed) => {
    expect(checkKey(key)).toBe(signed);
  });

  test("passes 'random' on", () => {
    expect(checkKey('random')).toBe('random');
  });

  test.each([
    [2 ** 32, 'ERR_OUT_OF_RANGE'],
    [-(2 ** 31) - 1, 'ERR_OUT_OF_RANGE'],
    [0.5, 'ERR_OUT_OF_RANGE'],
    [NaN, 'ERR_OUT_OF_RANGE'],
    ['1234', 'ERR_INVALID_ARG_TYPE'],
    [1n, 'ERR_INVALID_ARG_TYPE'],
    [undefined, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %p', (key, code) => {
    expect(codeThrownBy(() => checkKey(key))).toBe(code);
  });
});

describe('a key that something has to have', () => {
  test.each([
    [2 ** 31, -(2 ** 31)],
    [-1, -1],
  ])('takes %p as %p', (key, signed) => {
    expect(checkKeyOf('queue', key)).toBe(signed);
  });

  test.each([
    ['random', 'ERR_INVALID_ARG_TYPE', 'must be a 32-bit integer, the key that a queue has'],
    [undefined, 'ERR_INVALID_ARG_TYPE', 'must be a 32-bit integer, the key that a queue has'],
    [0, 'ERR_OUT_OF_RANGE', 'must be a key that can name a queue. Received IPC_PRIVATE'],
    [2 ** 32, 'ERR_OUT_OF_RANGE', 'must be an integer'],
  ])('refuses %p', (key, code, words) => {
    expect(thrownBy(() => checkKeyOf('queue', key))).toMatchObject({
      code,
      message: expect.stringContaining(words) as string,
    });
  });
});

type Open = (key: never) => unknown;

const makers: [string, Open, Open][] = [
  ['queue', (key) => sysv.MessageQueue.createSync(key), (key) => sysv.MessageQueue.openSync(key)],
  ['set', (key) => sysv.SemaphoreSet.createSync(key), (key) => sysv.SemaphoreSet.openSync(key)],
  [
    'segment',
    (key) => sysv.SharedMemory.createSync(key, { size: 1 }),
    (key) => sysv.SharedMemory.openSync(key),
  ],
];

test.each(makers)(
  'who makes a %s by a wrong key is told all that it can be',
  (what, make, open) => {
    for (const key of ['unused', undefined]) {
      expect(thrownBy(() => make(key as never)).message).toMatch(
        `The "key" argument must be a 32-bit integer, IPC_PRIVATE or 'random'. Received `,
      );
    }
    expect(thrownBy(() => open('random' as never)).message).toMatch(`the key that a ${what} has`);
  },
);

test('random keys are never IPC_PRIVATE, and differ', () => {
  const keys = Array.from({ length: 1000 }, randomKey);
  expect(keys.every((key) => key > 0 && key < 2 ** 31)).toBe(true);
  expect(new Set(keys).size).toBeGreaterThan(990);
});
