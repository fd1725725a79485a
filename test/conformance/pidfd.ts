/** Rows of pidfd_open(2) and pidfd_send_signal(2). */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import { event } from 'posix-ipc';
import { O_CLOEXEC, pidfd_open, pidfd_send_signal } from 'posix-ipc/syscalls';

import { flagsOf } from '../support/pipes';
import { closing } from '../support/sockets';
import { soon } from '../support/wait-until';
import { adoptDescriptor } from './descriptors';
import { asNobody } from './elsewhere';
import { rootAndOpenProc } from './needs';
import { fileWith } from './pipes';
import { absent, different, own, type Row } from './row';

const sleepers = new Set<() => void>();
const hasNoPoll = absent('posix-ipc/syscalls has no poll');
const checkedBefore = 'arguments are checked before the call';

afterEach(() => {
  for (const end of sleepers) end();
  sleepers.clear();
});

interface Sleeper {
  pid: number;
  /** Kills it; it stays a zombie until this thread goes back to its event loop. */
  kill: () => void;
  /** Kills it, until nothing is left of it. */
  reap: () => Promise<void>;
}

function sleeper(): Sleeper {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const { pid = -1 } = child;
  const exit = once(child, 'exit');
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  sleepers.add(kill);
  const reap = async (): Promise<void> => {
    kill();
    await soon('its end', exit);
  };
  return { pid, kill, reap };
}

/** Its pid. */
function zombie(): number {
  const { pid, kill } = sleeper();
  kill();
  while (!/ Z /.test(readFileSync(`/proc/${String(pid)}/stat`, 'latin1')));
  return pid;
}

async function reaped(): Promise<number> {
  const { pid, reap } = sleeper();
  await reap();
  return pid;
}

function opened(pid: number): number {
  return adoptDescriptor(pidfd_open(pid, 0));
}

function object(pid: number): event.Process {
  return closing(event.Process.openSync(pid));
}

function stateOf(watched: event.Process): string {
  return watched.tryEnded() ? 'ended' : 'runs';
}

const opening: Row[] = [
  own('pidfd-runs', 'a process that runs', 'runs', hasNoPoll, () => stateOf(object(sleeper().pid))),
  own('pidfd-ended', 'a zombie has ended', 'ended', hasNoPoll, () => stateOf(object(zombie()))),
  own('pidfd-ends', 'its end is waited for', 'ended', hasNoPoll, async () => {
    const { pid, kill } = sleeper();
    const watched = object(pid);
    const end = watched.ended();
    kill();
    await soon('its end', end);
    return stateOf(watched);
  }),
  own(
    'pidfd-reaped',
    'nothing is left of it',
    'ESRCH',
    async () => opened(await reaped()),
    async () => event.Process.open(await reaped()),
  ),
  own(
    'pidfd-no-pid',
    'process 0',
    'EINVAL',
    () => opened(0),
    different('ERR_OUT_OF_RANGE', checkedBefore, () => event.Process.open(0)),
  ),
  own(
    'pidfd-flags',
    'a flag that there is not',
    'EINVAL',
    () => pidfd_open(process.pid, 1),
    absent('the class has no flags'),
  ),
  own(
    'pidfd-cloexec',
    'it is close-on-exec always',
    'set',
    () => isSet(opened(process.pid)),
    () => isSet(object(process.pid).fd),
  ),
];

function isSet(fd: number): string {
  return (flagsOf(fd) & O_CLOEXEC) === 0 ? 'not set' : 'set';
}

const signalling: Row[] = [
  own(
    'pidfd-ask',
    'signal 0 only asks',
    'done',
    () => {
      pidfd_send_signal(opened(sleeper().pid), 0);
    },
    () => {
      object(sleeper().pid).kill(0);
    },
  ),
  own(
    'pidfd-signal-ended',
    'nothing is left of it',
    'ESRCH',
    async () => {
      const { pid, reap } = sleeper();
      const fd = opened(pid);
      await reap();
      pidfd_send_signal(fd, 0);
    },
    async () => {
      const { pid, reap } = sleeper();
      const watched = object(pid);
      await reap();
      watched.kill(0);
    },
  ),
  own(
    'pidfd-signal-wrong',
    'signal 65',
    'EINVAL',
    () => {
      pidfd_send_signal(opened(sleeper().pid), 65);
    },
    different('ERR_OUT_OF_RANGE', checkedBefore, () => {
      object(sleeper().pid).kill(65);
    }),
  ),
  own(
    'pidfd-signal-other',
    'a file that is no process',
    'EBADF',
    () => {
      pidfd_send_signal(fileWith(''), 0);
    },
    absent('an object has a process'),
  ),
  {
    ...own(
      'pidfd-signal-forbidden',
      'a process of another user',
      'EPERM',
      () => asNobody('pidfd_send_signal', process.pid),
      () => asNobody('process-kill', process.pid),
    ),
    needs: rootAndOpenProc,
  },
];

export const pidfdRows: Row[] = [...opening, ...signalling];
