/** Where and with what the numbers were made. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { governors } from './cpus';

/** Averages over 1, 5 and 15 minutes: what else ran. */
export function load(): string {
  return os
    .loadavg()
    .map((average) => average.toFixed(2))
    .join(' ');
}

export function machine(): Record<string, string> {
  const manifest = readFileSync(require.resolve('posix-ipc/package.json'), 'utf8');
  return {
    date: new Date().toISOString(),
    'posix-ipc': (JSON.parse(manifest) as { version: string }).version,
    node: process.version,
    kernel: `${os.type()} ${os.release()}`,
    cpu: `${String(os.availableParallelism())} x ${os.cpus()[0]?.model ?? 'unknown'} (${os.arch()})`,
    governor: governors(),
    cc: execFileSync('cc', ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? '',
    'load before': load(),
  };
}
