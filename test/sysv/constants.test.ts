import { sysv } from 'posix-ipc';
import * as syscalls from 'posix-ipc/syscalls';

import { startC } from '../support/processes';

test('the constants are those of the C headers, and none is missing', async () => {
  const c = await startC('constants');
  const expected = Object.fromEntries(
    (await c.success())
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([name = '', value]) => [name, Number(value)]),
  );
  const numbers = Object.entries(syscalls).filter(([, value]) => typeof value === 'number');
  expect(Object.fromEntries(numbers)).toEqual(expected);
});

test('IPC_PRIVATE is the same in posix-ipc', () => {
  expect(sysv.IPC_PRIVATE).toBe(syscalls.IPC_PRIVATE);
});
