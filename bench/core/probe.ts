/**
 * How far apart the CPUs are just now. A virtual machine's CPUs are moved about by its host, and a
 * cache line takes two to three times as long between some places as between others.
 */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { undoLater } from './cleanup';

const run = promisify(execFile);

/** So many times what is near in this run is called far. */
const FAR = 2;

/** Nanoseconds; 0 if there is one CPU only. */
export type Distance = number;

export type Probe = () => Promise<Distance>;

export function proberOf(program: string): Probe {
  return async () => {
    const running = run(program);
    const ended = undoLater(() => running.child.kill('SIGKILL'));
    try {
      return Number((await running).stdout);
    } finally {
      ended();
    }
  };
}

export function isFar(distance: Distance, near: Distance): boolean {
  return distance > FAR * near;
}
