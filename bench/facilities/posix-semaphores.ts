/** POSIX semaphores: what is measured, and how fast it should be. */

import { posix } from 'posix-ipc';
import type { Compiler } from '../core/compiler';
import type { Contender, Facility, Measure, Meeting } from '../core/measure';
import { BRIEF, Plan } from '../core/plan';
import { REPLY, REQUEST, Slots } from '../core/slots';
import type { Effort } from '../options';
import { repeated, trips } from './rows';

const ours = (...forms: string[]): Contender => ({
  language: 'JavaScript',
  driver: 'posix-semaphores',
  forms,
});

export function facility(effort: Effort, compiler: Compiler): Facility {
  const C: Contender = { language: 'C', program: compiler.scenarios('posix-semaphores') };
  const plan = new Plan(effort, C);
  return { measures: [...alone(plan), ...between(plan)], meet, facts: {} };
}

function alone(plan: Plan): Measure[] {
  const row = (name: string, limit?: number): Measure =>
    repeated(plan, 'One process, a POSIX semaphore nobody else wants; C: sem_trywait + sem_post', {
      name,
      subject: ours(name),
      count: BRIEF,
      ...(limit === undefined ? {} : { limit }),
    });
  return [row('tryWait + post', 3), row('waitSync + post'), row('await wait + post')];
}

function between(plan: Plan): Measure[] {
  const group =
    'Round trip between two processes by POSIX semaphores; C: sem_post, and sem_wait, which blocks';
  return trips(plan, group, [
    { name: 'POSIX semaphores, sync', subject: ours('sync', 'sync'), limit: 1.3 },
    { name: 'POSIX semaphores, promise', subject: ours('promise', 'promise'), limit: 2.2 },
  ]);
}

function meet(): Meeting {
  const memory = Slots.make(REPLY);
  const make = (type: number, value: number): posix.Semaphore =>
    posix.Semaphore.at(memory.mapping, Slots.at(type), { value });
  const all = [make(0, 1), make(REQUEST, 0), make(REPLY, 0)];
  return {
    address: memory.name,
    complaint: () => {
      const values = all.map(({ value }) => value).join(' ');
      return values === '1 0 0' ? undefined : `the semaphores are ${values}, not 1 0 0`;
    },
    remove: () => {
      for (const semaphore of all) semaphore.close();
      memory.close();
      memory.unlinkSync();
    },
  };
}
