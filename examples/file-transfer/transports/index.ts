import { systemVQueue } from './sysv-queue';
import type { Transport } from './transport';

/** All of them, in the order of the table. A new transport adds its line here. */
export const transports: readonly Transport[] = [systemVQueue];
