import { mappedFile } from './mapped-file';
import { posixSharedMemory } from './posix-shm';
import { systemVQueue } from './sysv-queue';
import { systemVSharedMemory } from './sysv-shm';
import type { Transport } from './transport';

/** All of them, in the order of the table. A new transport adds its line here. */
export const transports: readonly Transport[] = [
  systemVQueue,
  posixSharedMemory,
  systemVSharedMemory,
  mappedFile,
];
