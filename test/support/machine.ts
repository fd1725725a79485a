/** What this machine allows. Tests that need more are skipped, and say why in their name. */

import { readFileSync, writeFileSync } from 'node:fs';

export const isRoot = process.getuid?.() === 0;

const effective = BigInt(
  `0x${/CapEff:\s*(\w+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0'}`,
);

/** CAP_SYS_RESOURCE: who has it may go beyond kernel.msgmnb. Root in a container may lack it. */
export const maySurpassLimits = ((effective >> 24n) & 1n) === 1n;

export type KernelLimit = 'msgmax' | 'msgmnb' | 'msgmni' | 'msg_next_id';

function file(name: KernelLimit): string {
  return `/proc/sys/kernel/${name}`;
}

export function kernelLimit(name: KernelLimit): number {
  return Number(readFileSync(file(name), 'latin1'));
}

/** Whether the limit can be changed; tried with the value that it has. */
export function canSet(name: KernelLimit): boolean {
  try {
    writeFileSync(file(name), String(kernelLimit(name)));
    return true;
  } catch {
    return false;
  }
}

/** Changes a limit of the whole machine for the time of `body`: keep that short. */
export async function withKernelLimit(
  name: KernelLimit,
  value: number,
  body: () => void | Promise<void>,
): Promise<void> {
  const before = kernelLimit(name);
  writeFileSync(file(name), String(value));
  try {
    await body();
  } finally {
    writeFileSync(file(name), String(before));
  }
}

/** `test`, or `test.skip` with the reason in its name. */
export function testIf(
  condition: boolean,
  reason: string,
): (name: string, body: jest.ProvidesCallback) => void {
  return (name, body) => {
    if (condition) test(name, body);
    else test.skip(`${name} (${reason})`, body);
  };
}
