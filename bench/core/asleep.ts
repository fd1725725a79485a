/** How busy this process is while it sleeps. Another one looks: who does so itself has to wake up for it, in its own time. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Seconds: until this process sleeps again, after it has started the one that looks; and a window. */
const SETTLE = 0.2;
const WINDOW = 1;

/** Says at the end what it has seen: a word before would wake who is looked at. */
const LOOK = `
look() { cat /proc/$0/task/*/schedstat; }
sleep ${String(SETTLE)}; before=$(look); sleep ${String(WINDOW)}; after=$(look)
echo "$before"; echo; echo "$after"`;

/** Percent of one CPU, of all threads, for a window; NaN where the kernel does not tell. */
export async function asleep(): Promise<number> {
  const { stdout } = await promisify(execFile)('sh', ['-c', LOOK, String(process.pid)]);
  const [before = NaN, after = NaN] = stdout.split('\n\n').map(ran);
  return ((after - before) / (WINDOW * 1e9)) * 100;
}

/** Nanoseconds that these threads have run: the first number of each line. */
function ran(threads: string): number {
  const told = threads.trim().split('\n').map(parseFloat);
  return told.reduce((all, one) => all + one, 0);
}
