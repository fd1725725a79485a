/** Whether a process has reached the system call that it is meant to wait in. */

import { readdirSync, readFileSync } from 'node:fs';

import { waitUntil } from './wait-until';

export type BlockingCall = 'msgsnd' | 'msgrcv';

const numbers: Partial<Record<string, Record<BlockingCall, number>>> = {
  x64: { msgsnd: 69, msgrcv: 70 },
  arm64: { msgsnd: 189, msgrcv: 188 },
};

function callOf(pid: number, thread: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/task/${thread}/syscall`, 'latin1');
  } catch {
    return ''; // the thread has just ended
  }
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${String(pid)}/task`);
  } catch {
    return [];
  }
}

function isBlockedIn(call: BlockingCall, pid: number, thread: string, id?: number): boolean {
  const number = numbers[process.arch]?.[call];
  if (number === undefined) throw new Error(`system call numbers of ${process.arch} are not known`);
  const [running, queue] = callOf(pid, thread).split(' ');
  return running === String(number) && (id === undefined || Number(queue) === id);
}

/** How many threads of a process sleep in a call on a queue (on any, without `id`). */
export function threadsBlockedIn(call: BlockingCall, pid: number, id?: number): number {
  return threadsOf(pid).filter((thread) => isBlockedIn(call, pid, thread, id)).length;
}

/** Whether the thread that runs the JavaScript of a process sleeps in a call on a queue. */
export function mainThreadBlockedIn(call: BlockingCall, pid: number, id?: number): boolean {
  return isBlockedIn(call, pid, String(pid), id);
}

/** Waits until so many threads of a process sleep in a call on a queue. */
export async function untilBlockedIn(
  call: BlockingCall,
  pid: number,
  id?: number,
  threads = 1,
): Promise<void> {
  await waitUntil(
    `${String(threads)} thread(s) of process ${String(pid)} blocked in ${call}`,
    () => threadsBlockedIn(call, pid, id) >= threads,
  );
}
