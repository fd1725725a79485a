/** Objects come from openers, which check what they are given; a constructor would not. */

import {
  channel,
  event,
  lock,
  memory,
  posix,
  stream,
  SystemError,
  ClosedError,
  sysv,
  unix,
} from 'posix-ipc';

type Exported = new (...args: unknown[]) => unknown;

/** Made with `new` by programs, which is documented; and errors. */
const constructible = new Set<unknown>([
  channel.RemoteError,
  event.Futex,
  lock.AlreadyRunningError,
]);

const classes = [channel, event, lock, memory, posix, stream, sysv, unix]
  .flatMap((namespace) => Object.values(namespace) as unknown[])
  .filter((value): value is Exported => /^class /.test(String(value)))
  .filter((value) => !constructible.has(value))
  .map((value) => [value.name, value] as const);

test.each(classes)('%s is refused to "new"', (name, Class) => {
  for (const args of [[], [{}], [0, {}], [Symbol('by opener'), { id: 0, key: 0, fd: 0 }, {}]]) {
    let thrown: unknown;
    try {
      new Class(...args);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: 'TypeError', code: 'ERR_ILLEGAL_CONSTRUCTOR' });
    expect((thrown as Error).message).toContain(`a ${name} comes from its openers`);
  }
});

test('there are such classes, and others that are constructed', () => {
  expect(classes.length).toBeGreaterThan(5);
  expect(() => new event.Futex(undefined as never)).toThrow('"mapping"');
  expect(new SystemError('ENOENT', 'open').code).toBe('ENOENT');
  expect(new ClosedError('door').code).toBe('ERR_CLOSED');
});
