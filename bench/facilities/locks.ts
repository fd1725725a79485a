/** The other locks in shared memory, events and conditions: what is measured. */

import type { Compiler } from '../core/compiler';
import { meetAtLocks, type Locks } from '../core/locks';
import type { Contender, Facility, Measure, Meeting } from '../core/measure';
import type { Work } from '../core/params';
import { BRIEF, Plan } from '../core/plan';
import type { Effort } from '../options';
import { needed, repeated, trips } from './rows';

type Ours = Contender & { language: 'JavaScript' };

const ours = (driver: string, ...forms: string[]): Ours => ({
  language: 'JavaScript',
  driver,
  forms,
});

export function facility(effort: Effort, compiler: Compiler): Facility {
  const program = compiler.scenarios('locks');
  const futex: Contender = { language: 'C', program: compiler.scenarios('futex') };
  const plan = (form: string): Plan => new Plan(effort, { language: 'C', program, forms: [form] });
  const measures = [
    ...readersWriter(plan),
    ...between(plan('condition'), futex),
    ...met(plan('barrier')),
    ...done(plan('once')),
  ];
  return { measures: needed(effort, measures), meet, facts: {} };
}

function readersWriter(plan: (form: string) => Plan): Measure[] {
  const group =
    "One process, a readers-writer lock nobody else wants; C: a processes' pthread_rwlock_t";
  const rows = (form: 'read' | 'write', count: (locks: Locks) => number): Measure[] =>
    [`rwlock: ${form}LockSync + release`, `rwlock: await ${form}Lock + release`].map((name) =>
      repeated(plan(form), group, {
        name,
        subject: {
          ...ours('locks', name),
          meet: (work) => meetAtLocks(work, (locks) => [count(locks)]),
        },
        count: BRIEF,
      }),
    );
  return [
    ...rows('read', ({ rwlock }) => rwlock.statSync().reads),
    ...rows('write', ({ rwlock }) => rwlock.statSync().writes),
  ];
}

function between(plan: Plan, futex: Contender): Measure[] {
  const forms = (driver: string, name: string, baseline: Contender): Parameters<typeof trips>[2] =>
    ['sync', 'promise'].map((form) => ({
      name: `${name}, ${form}`,
      subject: ours(driver, form, form),
      baseline,
    }));
  return [
    ...trips(
      plan,
      'Round trip between two processes by a condition, under one mutex; C: pthread_cond_t, and a robust pthread_mutex_t',
      forms('condition', 'condition', plan.C),
    ),
    ...trips(
      plan,
      'Round trip between two processes by two events; C: two futex words',
      forms('lock-event', 'event', futex),
    ),
  ];
}

function met(plan: Plan): Measure[] {
  return ['barrier: waitSync', 'barrier: await wait'].map((name) =>
    repeated(plan, 'Two processes meet at a barrier; C: pthread_barrier_t', {
      name,
      subject: ours('locks', name),
      count: 5_000,
      programs: 2,
    }),
  );
}

function done(plan: Plan): Measure[] {
  return ['once: runSync', 'once: await run'].map((name) =>
    repeated(plan, 'One process, what was done already; C: pthread_once', {
      name,
      subject: ours('locks', name),
      count: BRIEF,
    }),
  );
}

/** Two programs that meet at a barrier count that. */
function meet(work: Work): Meeting {
  return meetAtLocks(work, (locks) => (work.receivers === 2 ? [locks.word('total')] : []));
}
