/** Which limit of the kernel a call about memory has hit, and how it is raised. */

import { errnoOf } from './error';
import { kernelSetting, proc } from './proc';

function limitOf(pattern: RegExp): string {
  return pattern.exec(proc('self/limits') ?? '')?.[1] ?? 'unknown';
}

function lockHint(): string {
  const bytes = limitOf(/^Max locked memory\s+(\S+)/m);
  return `RLIMIT_MEMLOCK is ${bytes} bytes; raise it with ulimit -l or LimitMEMLOCK=`;
}

/** Of EFBIG, where memory is a file. */
export function fileSizeHint(): string {
  const bytes = limitOf(/^Max file size\s+(\S+)/m);
  return `RLIMIT_FSIZE is ${bytes} bytes; raise it with ulimit -f or LimitFSIZE=`;
}

function mapHint(): string {
  const mappings = kernelSetting('vm/max_map_count');
  const space = limitOf(/^Max address space\s+(\S+)/m);
  return (
    `a process may have vm.max_map_count = ${mappings} mappings (sysctl -w vm.max_map_count=N) and ` +
    `${space} bytes of address space (ulimit -v), and no more memory than vm.overcommit_memory allows`
  );
}

const hints: Record<string, Record<string, () => string>> = {
  mlock: { ENOMEM: lockHint, EPERM: lockHint, EAGAIN: lockHint },
  mmap: { ENOMEM: mapHint },
  mremap: { ENOMEM: mapHint, EBUSY: busyHint, EAGAIN: lockHint, EFAULT: splitHint },
  mprotect: { ENOMEM: mapHint, EBUSY: busyHint },
};

function busyHint(): string {
  return (
    'its buffer was transferred, a semaphore, lock or futex in the memory is in use, or an advice, ' +
    'a lock or a sync of it goes on'
  );
}

function splitHint(): string {
  return (
    'a part of the memory was advised or locked otherwise than the rest, and the kernel makes nothing ' +
    'longer that differs: unlock all of it, or give all of it the same advice'
  );
}

/** One sentence for an error's message; undefined where there is nothing to say. */
export function memoryHint(error: number | string, syscall: string): string | undefined {
  const all = Object.entries(hints[syscall] ?? {});
  return all.find(([code]) => error === code || error === -errnoOf(code))?.[1]();
}

export const noView =
  'memory that cannot be written has no view: a write through it would end the process; copy with read() and write()';
export const notThere = 'the memory has no such access, or what is mapped has become shorter';
