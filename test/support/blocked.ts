/** Whether a process has reached the system call that it is meant to wait in. */

import { readdirSync, readFileSync } from 'node:fs';

import { infoOf, isNumbered, linkOf, textOf } from './descriptor-info';
import { waitUntil } from './wait-until';

/**
 * `futex`: a wait on a word that processes share, as sem_wait(3) makes it; `futex_waitv`: one on
 * several words, of which the first is the thread's own.
 * `ppoll`: a Sync form that waits for any descriptor; `epoll`: an event loop that watches a
 * descriptor for promise forms; `epollout`: one that waits until it can write; `epoll_any`: one that
 * watches whichever descriptor.
 */
export type BlockingCall =
  | 'msgsnd'
  | 'msgrcv'
  | 'semop'
  | 'futex'
  | 'futex_waitv'
  | 'ppoll'
  | 'poll'
  | 'epoll'
  | 'epoll_any'
  | 'epollout'
  | 'openat'
  | 'read'
  | 'write'
  | 'mq_timedsend'
  | 'mq_timedreceive'
  | 'tee'
  | 'connect'
  | 'accept4'
  | 'sendmsg'
  | 'recvmsg'
  | 'fcntl'
  | 'flock';

/** libc makes semop of semtimedop, or does not. */
const numbers: Partial<Record<string, Partial<Record<BlockingCall, number[]>>>> = {
  x64: {
    msgsnd: [69],
    msgrcv: [70],
    semop: [65, 220],
    futex: [202],
    futex_waitv: [449],
    ppoll: [271],
    poll: [7],
    openat: [257],
    read: [0],
    write: [1],
    mq_timedsend: [242],
    mq_timedreceive: [243],
    tee: [276],
    connect: [42],
    accept4: [288],
    sendmsg: [46],
    recvmsg: [47],
    fcntl: [72],
    flock: [73],
  },
  arm64: {
    msgsnd: [189],
    msgrcv: [188],
    semop: [193, 192],
    futex: [98],
    futex_waitv: [449],
    ppoll: [73],
    poll: [73],
    openat: [56],
    read: [63],
    write: [64],
    mq_timedsend: [182],
    mq_timedreceive: [183],
    tee: [77],
    connect: [203],
    accept4: [242],
    sendmsg: [211],
    recvmsg: [212],
    fcntl: [25],
    flock: [32],
  },
};

/** Their first argument is no identifier. */
const withoutId = [
  'ppoll',
  'poll',
  'openat',
  'read',
  'write',
  'tee',
  'mq_timedsend',
  'mq_timedreceive',
  'connect',
  'accept4',
  'sendmsg',
  'recvmsg',
];

/** FUTEX_PRIVATE_FLAG: the waits of locks and threads, which are not meant. */
const FUTEX_PRIVATE = 128;

function callOf(pid: number, thread: string): string {
  return textOf(() => readFileSync(`/proc/${String(pid)}/task/${thread}/syscall`, 'latin1'));
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${String(pid)}/task`);
  } catch {
    return [];
  }
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${String(pid)}/fdinfo`);
  } catch {
    return [];
  }
}

function isBlockedIn(call: BlockingCall, pid: number, thread: string, id?: number): boolean {
  const known = numbers[process.arch]?.[call];
  if (known === undefined) throw new Error(`system call numbers of ${process.arch} are not known`);
  const [running = '', first, second] = callOf(pid, thread).split(' ');
  if (!known.map(String).includes(running)) return false;
  if (call === 'futex' && (Number(second) & FUTEX_PRIVATE) !== 0) return false;
  if (call === 'futex_waitv') return Number(second) > 1;
  if (id === undefined || withoutId.includes(call)) return true;
  if (call === 'futex') return fileAt(pid, Number(first)).endsWith(`-${String(id)}`);
  if (call === 'fcntl' || call === 'flock') {
    return linkOf(pid, Number(first)).endsWith(`-${String(id)}`);
  }
  return Number(first) === id;
}

/** The file whose memory is mapped at an address of a process. */
function fileAt(pid: number, address: number): string {
  const lines = textOf(() => readFileSync(`/proc/${String(pid)}/maps`, 'latin1')).split('\n');
  const line = lines.find((one) => {
    const [from = 0, to = 0] = (one.split(' ')[0] ?? '')
      .split('-')
      .map((text) => parseInt(text, 16));
    return from <= address && address < to;
  });
  return (line?.split(/ +/)[5] ?? '').trim();
}

const EPOLLOUT = 4;

/** A descriptor that an epoll instance watches. */
interface Target {
  fd: string;
  isForWriting: boolean;
}

/** The descriptors that an epoll instance of a process watches. */
function targetsOf(pid: number, instance: string): Target[] {
  const targets = infoOf(pid, instance).matchAll(/^tfd:\s+(\d+) events:\s+([0-9a-f]+)/gm);
  return [...targets].map(([, fd = '', events = '']) => ({
    fd,
    isForWriting: (parseInt(events, 16) & EPOLLOUT) !== 0,
  }));
}

/**
 * How many descriptors with a number (any, without) are watched for waits of the package: by an
 * epoll instance that an event loop watches in its turn.
 */
function watched(call: 'epoll' | 'epollout', pid: number, id?: number): number {
  const all = new Map(descriptorsOf(pid).map((fd) => [fd, targetsOf(pid, fd)]));
  const ours = [...all.values()]
    .flat()
    .map(({ fd }) => fd)
    .filter((fd) => linkOf(pid, fd) === 'anon_inode:[eventpoll]');
  return [...new Set(ours)]
    .flatMap((fd) => all.get(fd) ?? [])
    .filter(({ isForWriting }) => call === 'epoll' || isForWriting)
    .filter(({ fd }) => id === undefined || isNumbered(pid, fd, id)).length;
}

/** How many threads of a process sleep in a call on an object (on any, without `id`); for a futex it is the number at the
 * end of the name of the file that is mapped there. */
export function threadsBlockedIn(call: BlockingCall, pid: number, id?: number): number {
  if (call === 'epoll' || call === 'epollout') return watched(call, pid, id);
  if (call === 'epoll_any') return watched('epoll', pid);
  return threadsOf(pid).filter((thread) => isBlockedIn(call, pid, thread, id)).length;
}

/** Whether the thread that runs the JavaScript of a process sleeps in a call on an object. */
export function mainThreadBlockedIn(call: BlockingCall, pid: number, id?: number): boolean {
  return isBlockedIn(call, pid, String(pid), id);
}

/** Waits until so many threads of a process sleep in a call on an object. */
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

/** Waits until a process sleeps on so many words that processes share; each such thread has one of its own, too. */
export async function untilWordsAwaited(pid: number, words: number): Promise<void> {
  const awaited = (): number =>
    threadsOf(pid)
      .filter((thread) => isBlockedIn('futex_waitv', pid, thread))
      .map((thread) => Number(callOf(pid, thread).split(' ')[2]) - 1)
      .reduce((sum, count) => sum + (count || 0), 0);
  await waitUntil(
    `${String(words)} word(s) awaited by process ${String(pid)}`,
    () => awaited() >= words,
  );
}
