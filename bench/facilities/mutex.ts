/** The mutex: what is measured, and how fast it should be. */

import { lock } from 'posix-ipc';
import type { Compiler } from '../core/compiler';
import type { Contender, Facility, Measure, Meeting } from '../core/measure';
import { Plan } from '../core/plan';
import { Slots } from '../core/slots';
import type { Effort } from '../options';
import { repeated } from './rows';

const ours = (form: string): Contender => ({
  language: 'JavaScript',
  driver: 'mutex',
  forms: [form],
});

export function facility(effort: Effort, compiler: Compiler): Facility {
  const C: Contender = { language: 'C', program: compiler.scenarios('mutex') };
  return { measures: alone(new Plan(effort, C)), meet, facts: {} };
}

function alone(plan: Plan): Measure[] {
  const row = (name: string, limit?: number): Measure =>
    repeated(plan, 'One process, a mutex nobody else wants; C: a robust pthread_mutex_t', {
      name,
      subject: ours(name),
      count: 1_000_000,
      ...(limit === undefined ? {} : { limit }),
    });
  return [row('lockSync + release', 3), row('tryLock + release'), row('await lock + release')];
}

function meet(): Meeting {
  const memory = Slots.make(1);
  const mutex = lock.Mutex.at(memory.mapping, 0, { create: true });
  return {
    address: memory.name,
    complaint: () => {
      const { state } = mutex.statSync();
      return state === 'free' ? undefined : `the mutex is ${state}`;
    },
    remove: () => {
      mutex.close();
      memory.close();
      memory.unlinkSync();
    },
  };
}
