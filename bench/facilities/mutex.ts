/** The mutex: what is measured, and how fast it should be. */

import type { Compiler } from '../core/compiler';
import { meetAtLocks } from '../core/locks';
import type { Contender, Facility, Goal, Measure, Meeting } from '../core/measure';
import type { Work } from '../core/params';
import { BRIEF, Plan } from '../core/plan';
import type { Effort } from '../options';
import { needed, repeated, trips } from './rows';

const ours = (...forms: string[]): Contender & { language: 'JavaScript' } => ({
  language: 'JavaScript',
  driver: 'mutex',
  forms,
});

export function facility(effort: Effort, compiler: Compiler): Facility {
  const program = compiler.scenarios('locks');
  const C = (form: string): Contender => ({ language: 'C', program, forms: [form] });
  const plan = new Plan(effort, C('mutex'));
  const futex = { language: 'C', program: compiler.scenarios('futex') } as const;
  const measures = [
    ...alone(plan),
    ...contended(plan, C('contended')),
    ...handedOver(plan, { ...futex, forms: ['', 'loop'] }),
  ];
  return { measures: needed(effort, measures), meet, facts: {} };
}

function alone(plan: Plan): Measure[] {
  const row = (name: string, goal?: Goal): Measure =>
    repeated(plan, 'One process, a mutex nobody else wants; C: a robust pthread_mutex_t', {
      name,
      subject: { ...ours(name), meet: meetAlone },
      count: BRIEF,
      ...(goal === undefined ? {} : { goal }),
    });
  return [
    row('lockSync + release', { of: 'ratio', limit: 3 }),
    row('tryLock + release'),
    row('await lock + release', { of: 'value', limit: 300 }),
  ];
}

function contended(plan: Plan, baseline: Contender): Measure[] {
  const group =
    'Two processes under one mutex, for a section of either; C: a robust pthread_mutex_t';
  const row = (name: string, count: number, goal?: Goal): Measure =>
    repeated(plan, group, {
      name,
      subject: ours(name),
      baseline,
      count,
      programs: 2,
      ...(goal === undefined ? {} : { goal }),
    });
  return [
    row('contended, lockSync + release', 3_000_000, { of: 'ratio', limit: 1.5 }),
    row('contended, await lock + release', 300_000),
  ];
}

function handedOver(plan: Plan, baseline: Contender): Measure[] {
  const group =
    'A mutex goes over to another process, and one comes back; C: futex words, and an event loop for the one that comes back (eventfd, epoll)';
  return trips(plan, group, [
    { name: 'hand-over, promise', subject: ours('promise', 'promise'), baseline, limit: 1.5 },
    { name: 'hand-over, sync to promise', subject: ours('sync', 'promise'), baseline },
  ]);
}

/** For one of our programs: the mutex says how often it was locked. */
function meetAlone(work: Work): Meeting {
  return meetAtLocks(work, ({ mutex }) => [mutex.statSync().acquisitions]);
}

/** Two programs count their sections, and what they have changed in them. */
function meet(work: Work): Meeting {
  return meetAtLocks(work, (locks) =>
    work.receivers === 2 ? [locks.word('first'), locks.word('second'), locks.word('total')] : [],
  );
}
