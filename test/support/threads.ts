/** The threads that waits are parked on, as the kernel sees them. */

import { readFileSync, readdirSync } from 'node:fs';

import { threadsBlockedIn } from './blocked';
import { textOf } from './descriptor-info';
import { waitUntil } from './wait-until';

/** How many idle threads the engine keeps (Engine::most_idle_threads). */
export const mostIdleThreads = 8;

function nameOf(pid: number, thread: string): string {
  return textOf(() => readFileSync(`/proc/${String(pid)}/task/${thread}/comm`, 'latin1')).trim();
}

function threadsNamed(name: string, pid: number): string[] {
  return readdirSync(`/proc/${String(pid)}/task`).filter((thread) => nameOf(pid, thread) === name);
}

/** The threads of a process that belong to the wait engine, parked or idle. */
export function engineThreadIds(pid: number): string[] {
  return threadsNamed('posix-ipc wait', pid);
}

/** How many there are. */
export function engineThreads(pid = process.pid): number {
  return engineThreadIds(pid).length;
}

/** Waits until no thread of this process waits for anything any more, and only few are kept. */
export async function untilNothingIsParked(): Promise<void> {
  await waitUntil('no thread is blocked in a wait', () => {
    const blocked =
      threadsBlockedIn('msgrcv', process.pid) +
      threadsBlockedIn('msgsnd', process.pid) +
      threadsBlockedIn('futex', process.pid) +
      threadsBlockedIn('futex_waitv', process.pid);
    return blocked === 0 && engineThreads() <= mostIdleThreads;
  });
}

/** How many threads of this process share waits for words. */
export function futexThreads(pid = process.pid): number {
  return threadsNamed('posix-ipc futex', pid).length;
}

/** Nanoseconds of CPU that the threads of this process have used which waits are parked on: none while they sleep. */
export function timeOfWaits(): number {
  const { pid } = process;
  return [...threadsNamed('posix-ipc wait', pid), ...threadsNamed('posix-ipc futex', pid)]
    .map((thread) =>
      textOf(() => readFileSync(`/proc/${String(pid)}/task/${thread}/schedstat`, 'latin1')),
    )
    .reduce((sum, times) => sum + Number(times.split(' ')[0]), 0);
}
