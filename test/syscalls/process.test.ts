/** pidfd_open, pidfd_send_signal, sigqueue: as in C. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';

import { event } from 'posix-ipc';
import { pidfd_open, pidfd_send_signal, sigqueue } from 'posix-ipc/syscalls';

import { codeThrownBy } from '../support/outcome';

test('a process is signalled by its descriptor', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  const pidfd = pidfd_open(child.pid ?? 0, 0);
  pidfd_send_signal(pidfd, 0);
  pidfd_send_signal(pidfd, 9);
  expect(await exit).toEqual([null, 'SIGKILL']);
  expect(
    codeThrownBy(() => {
      pidfd_send_signal(pidfd, 0);
    }),
  ).toBe('ESRCH');
  closeSync(pidfd);
});

test('errors', () => {
  expect(codeThrownBy(() => pidfd_open(2 ** 22 + 1, 0))).toBe('ESRCH');
  expect(codeThrownBy(() => pidfd_open(-1, 0))).toBe('EINVAL');
  expect(codeThrownBy(() => pidfd_open(process.pid, 1))).toBe('EINVAL');
  expect(codeThrownBy(() => pidfd_open('1' as never, 0))).toBe('ERR_INVALID_ARG_TYPE');
  expect(
    codeThrownBy(() => {
      pidfd_send_signal(-1, 0);
    }),
  ).toBe('EBADF');
  expect(
    codeThrownBy(() => {
      sigqueue(process.pid, 65, 0);
    }),
  ).toBe('EINVAL');
  expect(
    codeThrownBy(() => {
      sigqueue(2 ** 22 + 1, 0, 0);
    }),
  ).toBe('ESRCH');
});

test('sigqueue carries a value', () => {
  using signals = event.SignalQueue.openSync(event.SIGRTMIN + 4);
  sigqueue(process.pid, event.SIGRTMIN + 4, -7);
  expect(signals.tryReceive()?.value).toBe(-7);
});
