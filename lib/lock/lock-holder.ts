import { readFileSync } from 'node:fs';

/** Who holds a lock in shared memory. */
export interface LockHolder {
  /** Its process. */
  pid: number;
  /** Its thread, as in /proc/PID/task. */
  thread: number;
  /** Since when, to about 4 ms. */
  since: Date;
}

/** The process that a thread belongs to; undefined if there is none of that number. */
function processOf(thread: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${String(thread)}/status`, 'latin1');
    return Number(/^Tgid:\s+(\d+)/m.exec(status)?.[1]);
  } catch {
    return undefined;
  }
}

/** `since`: milliseconds. undefined: there is no such thread. */
export function holderOfThread(thread: number, since: number): LockHolder | undefined {
  const pid = processOf(thread);
  return pid === undefined ? undefined : { pid, thread, since: new Date(since) };
}
