/** What the kernel allows, and how much of it is in use. */

import { statfsSync } from 'node:fs';

import { proc } from '../core/proc';
import { IPC_INFO, MSG_INFO, msgctl, SEM_INFO, semctl, SHM_INFO, shmctl } from '../syscalls';
import { ifKnown, tableOf, type Column, type Table } from './kind';
import { SHARED } from './posix-file';
import { NONE } from './words';

export interface Limit {
  /** As sysctl(8), ulimit or df(1) call it. */
  name: string;
  /** In decimal: some are near 2^64. */
  value: string;
  used: number | undefined;
  /** Of what it is the most. */
  what: string;
}

const columns: readonly Column<Limit>[] = [
  { header: 'limit', text: ({ name }) => name },
  { header: 'value', text: ({ value }) => value, right: true },
  { header: 'used', text: ({ used }) => (used === undefined ? NONE : String(used)), right: true },
  { header: 'most', text: ({ what }) => what },
];

function limit(name: string, value: number | bigint | string, what: string, used?: number): Limit {
  return { name, value: String(value), used, what };
}

function systemV(): Limit[] {
  const messages = msgctl(0, IPC_INFO);
  const semaphores = semctl(0, 0, IPC_INFO);
  const segments = shmctl(0, IPC_INFO);
  const { msgpool } = msgctl(0, MSG_INFO);
  const { semusz, semaem } = semctl(0, 0, SEM_INFO);
  const { used_ids, shm_tot } = shmctl(0, SHM_INFO);
  return [
    limit('kernel.msgmni', messages.msgmni, 'System V queues', msgpool),
    limit('kernel.msgmax', messages.msgmax, 'bytes of a message'),
    limit('kernel.msgmnb', messages.msgmnb, 'bytes of a queue, when it is made'),
    limit('kernel.sem (4th)', semaphores.semmni, 'System V semaphore sets', semusz),
    limit('kernel.sem (2nd)', semaphores.semmns, 'semaphores of all sets', semaem),
    limit('kernel.sem (1st)', semaphores.semmsl, 'semaphores of a set'),
    limit('kernel.sem (3rd)', semaphores.semopm, 'operations of one semop'),
    limit('kernel.shmmni', segments.shmmni, 'System V segments', used_ids),
    limit('kernel.shmmax', segments.shmmax, 'bytes of a segment'),
    limit('kernel.shmall', segments.shmall, 'pages of all segments', shm_tot),
  ];
}

/** Those of files below /proc/sys, by their names in sysctl(8). */
const settings: readonly [name: string, what: string][] = [
  ['fs.mqueue.queues_max', 'POSIX queues'],
  ['fs.mqueue.msg_max', 'messages of a queue'],
  ['fs.mqueue.msgsize_max', 'bytes of a message'],
  ['fs.pipe-max-size', 'bytes of a pipe'],
  ['fs.epoll.max_user_watches', 'descriptors that the processes of a user watch'],
  ['kernel.threads-max', 'threads'],
  ['vm.max_map_count', 'mappings of a process'],
];

/** Lines of /proc/self/limits. */
const ofThisUser: readonly [line: string, name: string, what: string][] = [
  ['Max msgqueue size', 'ulimit -q', 'bytes of all POSIX queues of this user'],
  [
    'Max open files',
    'ulimit -Hn',
    'descriptors of a process; Node takes the hard limit for itself',
  ],
  ['Max processes', 'ulimit -u', 'threads of this user'],
  ['Max pending signals', 'ulimit -i', 'signals that are pending for this user'],
  ['Max locked memory', 'ulimit -l', 'bytes that a process locks in memory'],
];

function ofKernel(): Limit[] {
  return settings.flatMap(([name, what]) => {
    const value = proc(`sys/${name.replaceAll('.', '/')}`);
    return value === undefined ? [] : [limit(name, value, what)];
  });
}

function ofShell(): Limit[] {
  const text = proc('self/limits') ?? '';
  return ofThisUser.flatMap(([line, name, what]) => {
    const [, soft, hard] = new RegExp(`^${line} +(\\S+) +(\\S+)`, 'm').exec(text) ?? [];
    const value = name.includes('H') ? hard : soft;
    return value === undefined ? [] : [limit(name, value, what)];
  });
}

function ofSharedMemory(): Limit[] {
  try {
    const { bsize, blocks, bfree } = statfsSync(SHARED);
    if (blocks === 0) return []; // it has no limit
    const what = 'bytes of POSIX shared memory, semaphores, locks and channels';
    return [limit(`df ${SHARED}`, blocks * bsize, what, (blocks - bfree) * bsize)];
  } catch {
    return [];
  }
}

/** Without those of System V, and a note of why, where the kernel has none. */
export function limits(notes: string[]): Limit[] {
  const own = ifKnown(systemV, notes) ?? [];
  return [...own, ...ofSharedMemory(), ...ofKernel(), ...ofShell()];
}

export function limitsTable(found: readonly Limit[], notes: readonly string[]): Table {
  return tableOf('Limits', columns, found, notes);
}
