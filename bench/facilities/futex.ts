/** The futex: what is measured, and how fast it should be. */

import type { Compiler } from '../core/compiler';
import { latency, mean, plain } from '../core/figures';
import type { Contender, Facility, Measure, Meeting } from '../core/measure';
import type { Work } from '../core/params';
import { Plan } from '../core/plan';
import { REPLY, Slots } from '../core/slots';
import type { Effort } from '../options';
import { NUMBER, trips } from './rows';

const WAITS = 1000;
/** futex_waitv(2) takes 128 words, one of which is the thread's own. */
const WORDS_PER_THREAD = 127;

const ours = (...forms: string[]): Contender => ({
  language: 'JavaScript',
  driver: 'futex',
  forms,
});

export function facility(effort: Effort, compiler: Compiler): Facility {
  const C: Contender = { language: 'C', program: compiler.scenarios('futex') };
  const plan = new Plan(effort, C);
  return { measures: [...between(plan, C), waits(plan)], meet, facts: {} };
}

function between(plan: Plan, C: Contender & { language: 'C' }): Measure[] {
  const loop: Contender = { ...C, forms: ['', 'loop'] };
  return [
    ...trips(plan, 'Round trip between two processes by futex words; C: futex, which blocks', [
      { name: 'futex, sync', subject: ours('sync', 'sync') },
      { name: 'futex, promise', subject: ours('promise', 'promise') },
    ]),
    ...trips(
      plan,
      'Wake to promise: the other side blocks; C: the same, and the wake goes on to an event loop (eventfd, epoll)',
      [{ name: 'wake to promise', subject: ours('sync', 'promise'), baseline: loop, limit: 1.5 }],
    ),
  ];
}

function waits(plan: Plan): Measure {
  const most = Math.ceil(WAITS / WORDS_PER_THREAD);
  return {
    name: 'a word each',
    group: `${WAITS.toLocaleString('en')} pending futex waits; C: a thread for each`,
    scenario: 'waits',
    work: { ...plan.waits(WAITS, NUMBER), selectors: WAITS },
    subject: ours('wait'),
    baseline: plan.C,
    figures: [
      plain('threads in all', '', 'threads', { of: 'value', limit: most }),
      plain('CPU while idle', '%', 'idle', { of: 'value', limit: 1 }),
      mean('creation, mean', 'creation'),
      latency('creation, median', 'creation'),
      plain('resident memory, each', 'KiB', 'resident'),
      plain('address space, each', 'KiB', 'virtual'),
      latency('wake to resolved', 'wake'),
    ],
  };
}

function meet({ selectors }: Work): Meeting {
  const memory = Slots.make(Math.max(selectors, REPLY));
  return {
    address: memory.name,
    complaint: () => undefined,
    remove: () => {
      memory.close();
      memory.unlinkSync();
    },
  };
}
