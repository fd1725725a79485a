/** What this machine allows. Tests that need more are skipped, and say why in their name. */

import { readFileSync } from 'node:fs';

export const isRoot = process.getuid?.() === 0;

/** Whether the addon is built with a sanitizer, which answers some system calls itself. */
export const isSanitized = process.env['ASAN_OPTIONS'] !== undefined;

const effective = BigInt(
  `0x${/CapEff:\s*(\w+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0'}`,
);

/** CAP_SYS_RESOURCE: who has it may go beyond kernel.msgmnb. Root in a container may lack it. */
export const maySurpassLimits = ((effective >> 24n) & 1n) === 1n;

type KernelLimit = 'msgmax' | 'msgmnb' | 'msgmni';

export function kernelLimit(name: KernelLimit): number {
  return Number(readFileSync(`/proc/sys/kernel/${name}`, 'latin1'));
}

/** A number of /proc/sys/kernel that may be beyond what a number keeps. */
export function kernelNumber(name: 'shmmax' | 'shmall' | 'shmmni'): bigint {
  return BigInt(readFileSync(`/proc/sys/kernel/${name}`, 'latin1').trim());
}

/** SEMMSL, SEMMNS, SEMOPM and SEMMNI, with a space between them. */
export function semaphoreLimits(): string {
  return readFileSync('/proc/sys/kernel/sem', 'latin1').trim().split(/\s+/).join(' ');
}

/** `test`, or `test.skip` with the reason in its name. */
export function testIf(
  condition: boolean,
  reason: string,
): (name: string, body: jest.ProvidesCallback, timeout?: number) => void {
  return (name, body, timeout) => {
    if (condition) test(name, body, timeout);
    else test.skip(`${name} (${reason})`, body);
  };
}
