import { crypto } from '../core/builtins';
import { invalidType, outOfRange, SystemError } from '../core/error';
import { integer, text } from '../core/options';
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
  const key = native.ftok(text('pathname', pathname), integer('project', project, 1, 255));
  if (key < ftokErrnoBase) throw new SystemError(ftokErrnoBase - key, 'stat', { path: pathname });
  return key;
}

/** As the kernel prints it: unsigned keys (0x80000000 and up) are the negative ones. */
function signed(key: number): number {
  return integer('key', key, -(2 ** 31), 2 ** 32 - 1) | 0;
}

/** The key of what is made, or found. */
export function checkKey(key: unknown): number | 'random' {
  if (key === 'random') return key;
  if (typeof key === 'number') return signed(key);
  throw invalidType('key', "a 32-bit integer, IPC_PRIVATE or 'random'", key);
}

/** The key of what has to be there; `what` it is. */
export function checkKeyOf(what: string, key: unknown): number {
  if (typeof key !== 'number') {
    throw invalidType('key', `a 32-bit integer, the key that a ${what} has`, key);
  }
  const checked = signed(key);
  if (checked !== IPC_PRIVATE) return checked;
  // The kernel would make one that nobody asked for.
  throw outOfRange('key', `a key that can name a ${what}`, 'IPC_PRIVATE');
}

/** Keys to try until one is free, in a form that a signed and an unsigned reader agree on. */
export function randomKey(): number {
  return crypto().randomInt(IPC_PRIVATE + 1, 2 ** 31 - 1);
}
