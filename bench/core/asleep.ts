/** How busy a process is while it sleeps. Another one looks: who does so itself has to wake up for it, in its own time. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Seconds: until this process sleeps again, after it has started the one that looks; and a window. */
const SETTLE = 0.2;
const WINDOW = 1;

/** Says at the end what it has seen: a word before would wake who is looked at. */
const LOOK = `
look() { grep -H . /proc/$0/task/*/schedstat; }
sleep ${String(SETTLE)}; before=$(look); sleep ${String(WINDOW)}; after=$(look)
echo "$before"; echo; echo "$after"`;

/** Percent of one CPU, of all threads, for a window; NaN where the kernel does not tell. */
export async function asleep(pid = process.pid): Promise<number> {
  const { stdout } = await promisify(execFile)('sh', ['-c', LOOK, String(pid)]);
  const [before, after] = stdout.split('\n\n').map(ran);
  if (before === undefined || after === undefined || after.size === 0) return NaN;
  let all = 0;
  // One that was not there before, or not listed as another one ended, is not told from its whole life: left out.
  for (const [thread, nanoseconds] of after)
    all += nanoseconds - (before.get(thread) ?? nanoseconds);
  return (all / (WINDOW * 1e9)) * 100;
}

/** Nanoseconds that each thread has run, the first number of its line. */
function ran(threads: string): Map<string, number> {
  const lines = threads.trim().split('\n').filter(Boolean);
  return new Map(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')),
      parseFloat(line.slice(line.indexOf(':') + 1)),
    ]),
  );
}
