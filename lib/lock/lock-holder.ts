import { readFileSync } from 'node:fs';

import { SystemError } from '../core/error';

/** Who holds a lock in shared memory. */
export interface LockHolder {
  /** Its process. */
  pid: number;
  /** Its thread, as in /proc/PID/task. */
  thread: number;
  /** Since when, to about 4 ms. */
  since: Date;
}

/** What says nothing about the holder. */
const shortages = ['EMFILE', 'ENFILE', 'ENOMEM'];

/** The process that a thread belongs to; undefined if there is none of that number. */
function processOf(thread: number): number | undefined {
  const path = `/proc/${String(thread)}/status`;
  try {
    return Number(/^Tgid:\s+(\d+)/m.exec(readFileSync(path, 'latin1'))?.[1]);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (shortages.includes(code)) throw new SystemError(code, 'open', { path });
    return undefined;
  }
}

/** `since`: milliseconds. undefined: there is no such thread. */
export function holderOfThread(thread: number, since: number): LockHolder | undefined {
  const pid = processOf(thread);
  return pid === undefined ? undefined : { pid, thread, since: new Date(since) };
}
