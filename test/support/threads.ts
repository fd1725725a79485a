/** The threads that waits are parked on, as the kernel sees them. */

import { readFileSync, readdirSync } from 'node:fs';

import { threadsBlockedIn } from './blocked';
import { waitUntil } from './wait-until';

/** How many idle threads the engine keeps (Engine::most_idle_threads). */
export const mostIdleThreads = 8;

function nameOf(pid: number, thread: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/task/${thread}/comm`, 'latin1').trim();
  } catch {
    return ''; // it has just ended
  }
}

/** How many threads of a process belong to the wait engine, parked or idle. */
export function engineThreads(pid = process.pid): number {
  return readdirSync(`/proc/${String(pid)}/task`).filter(
    (thread) => nameOf(pid, thread) === 'posix-ipc wait',
  ).length;
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
  return readdirSync(`/proc/${String(pid)}/task`).filter(
    (thread) => nameOf(pid, thread) === 'posix-ipc futex',
  ).length;
}
