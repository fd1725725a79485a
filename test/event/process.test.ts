/** event.Process and event.watchProcess: the end of any process. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs, { readdirSync } from 'node:fs';

import { event, SystemError } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { descriptorsSince } from '../support/descriptors';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { soon } from '../support/wait-until';

const children: ChildProcess[] = [];

function sleeper(): { child: ChildProcess; pid: number } {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  children.push(child);
  if (child.pid === undefined) throw new Error('no sleep(1)');
  return { child, pid: child.pid };
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Gone, or a zombie that its parent has not asked about yet. */
function isGone(pid: number): boolean {
  using watched = tryOpen(pid);
  return watched?.tryEnded() ?? true;
}

function tryOpen(pid: number): event.Process | undefined {
  try {
    return event.Process.openSync(pid);
  } catch {
    return undefined;
  }
}

const forms = [
  ['watchProcess', (pid: number, options?: object) => event.watchProcess(pid, options)],
  [
    'Process.ended',
    async (pid: number, options?: object) => {
      using watched = await event.Process.open(pid, options);
      await watched.ended(options);
    },
  ],
] as const;

describe.each(forms)('%s', (_name, watch) => {
  test('tells the end of a process that is killed', async () => {
    const { child, pid } = sleeper();
    const end = watch(pid);
    await untilBlockedIn('epoll', process.pid);
    child.kill('SIGKILL');
    await soon('the end', end);
    expect(isGone(pid)).toBe(true);
  });

  test('tells the end of a process that is no child', async () => {
    const child = spawn('sh', ['-c', 'sleep 1000 & echo $!'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    const end = watch(pid);
    process.kill(pid, 'SIGKILL');
    await soon('the end', end);
    expect(isGone(pid)).toBe(true);
  });

  test('no such process', async () => {
    const { child, pid } = sleeper();
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    const error = await rejectionOf(watch(pid));
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code: 'ESRCH', syscall: 'pidfd_open', pid });
  });

  test('a thread is no process, and the error says so', async () => {
    const [tid = 0] = readdirSync('/proc/self/task')
      .map(Number)
      .filter((task) => task !== process.pid);
    const error = await rejectionOf(watch(tid));
    expect(error).toMatchObject({ syscall: 'pidfd_open', pid: tid });
    expect(error.message).toMatch(`pidfd_open pid ${String(tid)} (the number is a thread of`);
  });

  test('another start time is another process', async () => {
    const { pid } = sleeper();
    using right = event.Process.openSync(pid);
    expect(right.startTime).toBeGreaterThan(0);
    const { startTime } = right;
    expect(await codeOfRejection(watch(pid, { startTime: startTime + 1 }))).toBe('ESRCH');
    expect(await codeOfRejection(watch(pid, { startTime, timeout: 10 }))).toBe('ETIMEDOUT');
  });

  test('timeout and abort', async () => {
    const { pid } = sleeper();
    expect(await codeOfRejection(watch(pid, { timeout: 5 }))).toBe('ETIMEDOUT');
    const controller = new AbortController();
    const end = watch(pid, { signal: controller.signal });
    controller.abort('enough');
    expect(await rejectionOf(end)).toBe('enough');
  });

  test.each([0, -1, 0.5, 2 ** 31])('%p is no pid', async (pid) => {
    expect(await codeOfRejection(watch(pid))).toBe('ERR_OUT_OF_RANGE');
  });

  test('other arguments', async () => {
    expect(await codeOfRejection(watch('1' as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(await codeOfRejection(watch(process.pid, { startTime: '1' }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
  });
});

describe('Process', () => {
  test('endedSync and tryEnded', () => {
    const { child, pid } = sleeper();
    using watched = event.Process.openSync(pid);
    expect([watched.pid, watched.tryEnded()]).toEqual([pid, false]);
    expect(
      codeThrownBy(() => {
        watched.endedSync({ timeout: 5 });
      }),
    ).toBe('ETIMEDOUT');
    child.kill('SIGKILL');
    watched.endedSync(); // a zombie: Node cannot reap it while this thread is blocked
    expect(watched.tryEnded()).toBe(true);
  });

  test('kill', async () => {
    const { child, pid } = sleeper();
    const exit = once(child, 'exit');
    using watched = event.Process.openSync(pid);
    watched.kill(0);
    watched.kill();
    expect(await exit).toEqual([null, 'SIGTERM']);
    expect(
      codeThrownBy(() => {
        watched.kill('SIGKILL');
      }),
    ).toBe('ESRCH');
  });

  test('kill with another signal, or none', () => {
    const { pid } = sleeper();
    using watched = event.Process.openSync(pid);
    expect(
      codeThrownBy(() => {
        watched.kill('SIGNONE' as never);
      }),
    ).toBe('ERR_OUT_OF_RANGE');
    expect(
      codeThrownBy(() => {
        watched.kill(65);
      }),
    ).toBe('ERR_OUT_OF_RANGE');
    expect(
      codeThrownBy(() => {
        watched.kill({} as never);
      }),
    ).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('close ends the wait', async () => {
    const { pid } = sleeper();
    const watched = event.Process.openSync(pid);
    const end = watched.ended();
    watched.close();
    expect(await codeOfRejection(end)).toBe('ERR_CLOSED');
    expect(thrownBy(() => watched.tryEnded())).toMatchObject({ code: 'ERR_CLOSED' });
  });
});

test('one that runs, and that /proc hides, is not said to be gone', async () => {
  const { pid } = sleeper();
  const opened = descriptorsSince();
  const read = jest.spyOn(fs, 'readFileSync').mockImplementation(() => {
    throw Object.assign(new Error('hidepid=2'), { code: 'ENOENT' });
  });
  try {
    expect(codeThrownBy(() => event.Process.openSync(pid))).toBe('EACCES');
    expect(await codeOfRejection(event.watchProcess(pid))).toBe('EACCES');
  } finally {
    read.mockRestore();
  }
  expect(opened().filter((one) => one.includes('pidfd'))).toEqual([]);
});

/** Runs under a shell, which reaps it at once, whatever this thread does. */
async function grandchild(): Promise<number> {
  const shell = spawn('sh', ['-c', 'sleep 1000 & echo $!; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(shell);
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  return Number(line.toString());
}

test('a pid that was used again while it was opened: it is not taken for who has the pid now', async () => {
  const pid = await grandchild();
  const opened = descriptorsSince();
  const stat = fs.readFileSync('/proc/self/stat');
  const read = jest.spyOn(fs, 'readFileSync').mockImplementation(() => {
    process.kill(pid, 'SIGKILL');
    const end = Date.now() + 20_000;
    while (fs.existsSync(`/proc/${String(pid)}`) && Date.now() < end);
    return stat.toString();
  });
  try {
    expect(codeThrownBy(() => event.Process.openSync(pid))).toBe('ESRCH');
    expect(read).toHaveBeenCalledTimes(1);
  } finally {
    read.mockRestore();
  }
  expect(opened().filter((one) => one.includes('pidfd'))).toEqual([]);
});

test('a zombie is opened, and has ended', async () => {
  const { child, pid } = sleeper();
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  const end = Date.now() + 20_000;
  const state = (): string => fs.readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  while (!state().includes(') Z') && Date.now() < end); // Node reaps it when this thread has time
  using watched = event.Process.openSync(pid);
  expect(watched.tryEnded()).toBe(true);
  await exit;
});
