import { readFileSync } from 'node:fs';

/** What a file of /proc says; undefined where it cannot be read, as in a jail without /proc. */
export function proc(file: string): string | undefined {
  try {
    return readFileSync(`/proc/${file}`, 'latin1').trim();
  } catch {
    return undefined;
  }
}

/** A setting of the kernel, for a hint: 'fs/pipe-max-size'. */
export function kernelSetting(file: string): string {
  return proc(`sys/${file}`) ?? 'unknown';
}

/** Whether there is no process of that number: /proc may hide those of others. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
