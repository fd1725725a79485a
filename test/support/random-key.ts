import { randomInt } from 'node:crypto';

/** A System V key that is most likely unused; 0 is IPC_PRIVATE, and -1 is ftok's failure. */
export function randomKey(): number {
  return randomInt(1, 2 ** 31 - 1);
}
