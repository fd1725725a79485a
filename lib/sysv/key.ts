import { randomInt } from 'node:crypto';

import { SystemError } from '../core/error';
import { integer } from '../core/options';
import { native } from '../native';
import { IPC_PRIVATE } from './constants';

/**
 * What names a System V object: a 32-bit key, `IPC_PRIVATE` (no name: others reach it by its id
 * only), or `'random'` (a key that no object of this kind has).
 */
export type Key = number | 'random';

/** Where the native ftok reports an errno: -1 is also a key. */
const ftokErrnoBase = -(2 ** 31);

/**
 * Makes a System V key of an existing file and a project number.
 *
 * Keeps 8 bits of the project, 8 of the device and 16 of the inode: different files may give the
 * same key. `project` is 1..255. Errors: ENOENT, EACCES, ENOTDIR. Source: ftok(3).
 *
 * ```js
 * const queue = await sysv.MessageQueue.openOrCreate(sysv.ftok('/etc/hostname', 1));
 * ```
 */
export function ftok(pathname: string, project: number): number {
  const key = native.ftok(pathname, integer('project', project, 1, 255));
  if (key < ftokErrnoBase) throw new SystemError(ftokErrnoBase - key, 'stat', { path: pathname });
  return key;
}

/** A key as the kernel prints it: unsigned keys (0x80000000 and up) are the negative ones. */
export function checkKey(key: unknown): number | 'random' {
  if (key === 'random') return key;
  return integer('key', key, -(2 ** 31), 2 ** 32 - 1) | 0;
}

/** Keys to try until one is free, in a form that a signed and an unsigned reader agree on. */
export function randomKey(): number {
  return randomInt(IPC_PRIVATE + 1, 2 ** 31 - 1);
}
