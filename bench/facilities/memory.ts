/** Shared memory: what is measured, and how fast it should be. */

import { randomBytes } from 'node:crypto';
import { posix, SystemError } from 'posix-ipc';
import type { Compiler } from '../core/compiler';
import type { Contender, Facility, Measure, Meeting } from '../core/measure';
import { Plan } from '../core/plan';
import type { Effort } from '../options';
import { repeated } from './rows';

const KIB = 1024;
const SIZES = [
  { size: 4 * KIB, label: '4 KiB', count: 30_000 },
  { size: 1024 * KIB, label: '1 MiB', count: 2000 },
];
/** Nothing is reserved of a segment: the size makes no difference. */
const SEGMENTS = 30_000;
const KINDS = { posix: 'posix.SharedMemory', sysv: 'sysv.SharedMemory', memfd: 'memory.memfd' };

const script = (driver: string, form: string): Contender => ({
  language: 'JavaScript',
  driver,
  forms: [form],
});

export function facility(effort: Effort, compiler: Compiler): Facility {
  const C: Contender = { language: 'C', program: compiler.scenarios('memory') };
  const plan = new Plan(effort, C);
  return { measures: [...creation(plan, C), ...access(plan)], meet, facts: {} };
}

function creation(plan: Plan, C: Contender & { language: 'C' }): Measure[] {
  const group = (more: string): string =>
    `Shared memory made, reserved, mapped${more}, closed and removed; C: the same calls`;
  const row = (kind: string, title: string, { size, label, count }: (typeof SIZES)[number]) => ({
    name: `${title} ${label}`,
    subject: script('memory', kind),
    baseline: { ...C, forms: [kind] },
    count: kind === 'sysv' ? SEGMENTS : count,
    size,
  });
  const kinds = Object.entries(KINDS);
  return [
    ...SIZES.flatMap((amount) =>
      kinds.map(([kind, title]) =>
        repeated(plan, group(''), { ...row(kind, title, amount), limit: 1.5 }),
      ),
    ),
    ...kinds.map(([kind, title]) =>
      repeated(
        plan,
        group(', written through a view'),
        row(`${kind}, touched`, `${title}, touched`, SIZES[0] as (typeof SIZES)[number]),
      ),
    ),
  ];
}

function access(plan: Plan): Measure[] {
  const group = 'All of 64 KiB that are mapped, once; instead of C: of an ordinary ArrayBuffer';
  const forms = ['Uint8Array', 'Int32Array', 'Float64Array'].flatMap((view) => [
    `${view}, read`,
    `${view}, written`,
  ]);
  return [...forms, 'Buffer, copied into'].map((name) =>
    repeated(plan, group, {
      name,
      subject: script('memory', name),
      baseline: script('memory', `ordinary, ${name}`),
      count: 5000,
      size: 64 * KIB,
      limit: 1.05,
    }),
  );
}

/** A name that is free; a program that fails may leave it behind. */
function meet(): Meeting {
  const name = `/posix-ipc-bench-${randomBytes(8).toString('hex')}`;
  const left = (): boolean => {
    try {
      posix.SharedMemory.unlinkSync(name);
      return true;
    } catch (error) {
      if (error instanceof SystemError && error.code === 'ENOENT') return false;
      throw error;
    }
  };
  return {
    address: name,
    complaint: () => (left() ? 'the memory is left' : undefined),
    remove: () => void left(),
  };
}
