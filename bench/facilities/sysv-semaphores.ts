/** System V semaphores: what is measured, and how fast it should be. */

import { sysv } from 'posix-ipc';
import type { Compiler } from '../core/compiler';
import type { Contender, Facility, Measure, Meeting } from '../core/measure';
import { Plan } from '../core/plan';
import { REPLY, Slots } from '../core/slots';
import type { Effort } from '../options';
import { repeated, trips } from './rows';

const ours = (...forms: string[]): Contender => ({
  language: 'JavaScript',
  driver: 'sysv-semaphores',
  forms,
});

export function facility(effort: Effort, compiler: Compiler): Facility {
  const C: Contender = { language: 'C', program: compiler.scenarios('sysv-semaphores') };
  const plan = new Plan(effort, C);
  return { measures: [...alone(plan, C), ...between(plan)], meet, facts: {} };
}

function alone(plan: Plan, C: Contender & { language: 'C' }): Measure[] {
  const count = 200_000;
  const two = 'One process, one taken from a System V semaphore and given back; C: semop twice';
  const row = (name: string): Measure =>
    repeated(plan, two, { name, subject: ours(name), count, limit: 1.3 });
  const both = 'tryOperate, both in one call';
  return [
    ...['tryWait + postSync', 'tryOperate', 'operateSync', 'syscalls.semop'].map(row),
    repeated(plan, 'The same in one call; C: semop of two operations', {
      name: both,
      subject: ours(both),
      baseline: { ...C, forms: ['both'] },
      count,
      limit: 1.3,
    }),
  ];
}

function between(plan: Plan): Measure[] {
  const group = 'Round trip between two processes by System V semaphores; C: semop, which blocks';
  return trips(plan, group, [
    { name: 'System V semaphores, sync', subject: ours('sync', 'sync'), limit: 1.3 },
    { name: 'System V semaphores, promise', subject: ours('promise', 'promise'), limit: 2.2 },
  ]);
}

function meet(): Meeting {
  const memory = Slots.make(REPLY);
  const set = sysv.SemaphoreSet.createSync('random', { values: [1, 0, 0] });
  return {
    address: `${memory.name}:${String(set.id)}`,
    complaint: () => {
      const values = set.valuesSync().join(' ');
      return values === '1 0 0' ? undefined : `the semaphores are ${values}, not 1 0 0`;
    },
    remove: () => {
      set.removeSync();
      set.close();
      memory.close();
      memory.unlinkSync();
    },
  };
}
