/** What rows ask of the machine. A row that cannot run is skipped and says why. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { sysv } from 'posix-ipc';

import { isRoot } from '../support/machine';

export interface Need {
  isMet: boolean;
  reason: string;
}

/** The row is not for this interface, on any machine. */
export function absentBecause(reason: string): Need {
  return { isMet: false, reason };
}

/** To become another user. */
export const root: Need = { isMet: isRoot, reason: 'needs root' };

/** To become another user, who sees the processes of others in /proc (proc(5): hidepid). */
export const rootAndOpenProc: Need = {
  isMet:
    isRoot && !/ \/proc proc \S*\bhidepid=(?!0|off)/.test(readFileSync('/proc/mounts', 'utf8')),
  reason: 'needs root, and a /proc without hidepid',
};

function succeedsInNamespace(command: string): boolean {
  return spawnSync('unshare', ['--ipc', 'sh', '-c', command], { stdio: 'ignore' }).status === 0;
}

/** An IPC namespace of its own, in which limits can be lowered without harm to anybody. */
export const ownNamespace: Need = {
  isMet: succeedsInNamespace('echo 1 > /proc/sys/kernel/msgmni'),
  reason: 'needs an IPC namespace of its own, and a /proc/sys that can be written',
};

function nextIdOf(kind: 'msg' | 'sem' | 'shm'): Need {
  const name = `${kind}_next_id`;
  return {
    isMet: succeedsInNamespace(`echo 1 > /proc/sys/kernel/${name}`),
    reason: `needs kernel.${name} in an IPC namespace of its own`,
  };
}

export const nextId = nextIdOf('msg');
export const nextSetId = nextIdOf('sem');
export const nextSegmentId = nextIdOf('shm');

function hasMsgCopy(): boolean {
  const queue = sysv.MessageQueue.createSync(sysv.IPC_PRIVATE);
  try {
    queue.peekSync();
    return true;
  } catch {
    return false;
  } finally {
    queue.removeSync();
  }
}

export const msgCopy: Need = { isMet: hasMsgCopy(), reason: 'the kernel has no MSG_COPY' };

function hugePages(): string | undefined {
  try {
    return readFileSync('/proc/sys/vm/nr_hugepages', 'latin1').trim();
  } catch {
    return undefined;
  }
}

/** A kernel that knows huge pages, and has none; and root, who may use them. */
export const noHugePages: Need = {
  isMet: root.isMet && hugePages() === '0',
  reason: 'needs root, and a kernel that could reserve huge pages and has not',
};
