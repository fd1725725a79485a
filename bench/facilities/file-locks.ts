/** Locks of files: what is measured, and how fast they should be. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lock } from 'posix-ipc';
import type { Compiler } from '../core/compiler';
import type { Contender, Facility, Measure, Meeting } from '../core/measure';
import { Plan } from '../core/plan';
import type { Effort } from '../options';
import { repeated } from './rows';

const calls: Record<lock.FileLockKind, string> = {
  ofd: 'F_OFD_SETLK',
  posix: 'F_SETLK',
  flock: 'flock',
};

export function facility(effort: Effort, compiler: Compiler): Facility {
  const program = compiler.scenarios('file-locks');
  const C = (kind: string): Contender => ({ language: 'C', program, forms: [kind] });
  const plan = new Plan(effort, C('ofd'));
  const measures = Object.entries(calls).flatMap(([kind, call]) =>
    alone(plan, kind, call, C(kind)),
  );
  return { measures, meet, facts: {} };
}

function alone(plan: Plan, kind: string, call: string, baseline: Contender): Measure[] {
  const row = (form: string, limit?: number): Measure => {
    const name = `${kind}: ${form}`;
    return repeated(
      plan,
      `One process, a file that nobody else locks, kind '${kind}'; C: ${call}`,
      {
        name,
        subject: { language: 'JavaScript', driver: 'file-locks', forms: [name] },
        baseline,
        count: 300_000,
        ...(limit === undefined ? {} : { limit }),
      },
    );
  };
  return [
    row('lockSync + release', 1.4),
    row('tryLock + release', 1.4),
    row('await lock + release'),
  ];
}

function meet(): Meeting {
  const folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-bench-file-'));
  const address = path.join(folder, 'lock');
  writeFileSync(address, '');
  return {
    address,
    complaint: () => {
      using file = lock.FileLock.openSync(address);
      const left = file.holdersSync().length;
      return left === 0 ? undefined : `${String(left)} locks are left`;
    },
    remove: () => {
      rmSync(folder, { recursive: true });
    },
  };
}
