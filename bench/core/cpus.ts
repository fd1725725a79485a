/** The CPUs that this process may use, and how they are run. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Their numbers: "0-2,5" of the kernel's list. */
export function numbersIn(list: string): number[] {
  return list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first = NaN, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

export function allowedCpus(): number[] {
  const status = readFileSync('/proc/self/status', 'utf8');
  return numbersIn(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '0');
}

/** What puts a program on a CPU, and says what it needs where it cannot: undefined where it can. */
export function cannotPlace(): string | undefined {
  const [cpu = 0] = allowedCpus();
  const { status } = spawnSync('taskset', ['-c', String(cpu), 'true'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'taskset, of util-linux, which is not here or does not work';
}

/** What decides how fast they run: of each kind that is at work, its name. */
export function governors(folder = '/sys/devices/system/cpu'): string {
  const names = allowedCpus().flatMap((cpu) => {
    try {
      const file = `${folder}/cpu${String(cpu)}/cpufreq/scaling_governor`;
      return [readFileSync(file, 'utf8').trim()];
    } catch {
      return [];
    }
  });
  if (names.length === 0) return 'not known: the kernel shows none, as in a virtual machine';
  return [...new Set(names)].join(', ');
}
