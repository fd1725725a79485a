/** The eventfd: what is measured, and how fast it should be. */

import { closeSync } from 'node:fs';
import { eventfd, EFD_CLOEXEC } from 'posix-ipc/syscalls';
import type { Compiler } from '../core/compiler';
import type { Contender, Facility, Measure, Meeting } from '../core/measure';
import { Plan } from '../core/plan';
import { REPLY, Slots } from '../core/slots';
import type { Effort } from '../options';
import { repeated, trips } from './rows';

const ours = (...forms: string[]): Contender => ({
  language: 'JavaScript',
  driver: 'event-fd',
  forms,
});

export function facility(effort: Effort, compiler: Compiler): Facility {
  const C: Contender = { language: 'C', program: compiler.scenarios('eventfd') };
  const plan = new Plan(effort, C);
  return { measures: [...alone(plan), ...between(plan)], meet, facts: {} };
}

function alone(plan: Plan): Measure[] {
  const forms = ['tryWrite + tryRead', 'writeSync + readSync', 'await write + await read'];
  return forms.map((form) =>
    repeated(plan, 'One process adds to an eventfd and takes what it holds; C: write + read', {
      name: `eventfd, ${form}`,
      subject: ours(form),
      count: 200_000,
    }),
  );
}

function between(plan: Plan): Measure[] {
  return trips(plan, 'Round trip between two processes by two eventfds; C: read, which blocks', [
    { name: 'eventfd, sync', subject: ours('sync', 'sync'), limit: 1.3 },
    { name: 'eventfd, promise', subject: ours('promise', 'promise'), limit: 1.6 },
  ]);
}

/** The C programs block, so nothing here makes an eventfd of the class, which would not. */
export function meet(): Meeting {
  const memory = Slots.make(REPLY);
  const bells = Array.from({ length: REPLY + 1 }, () => eventfd(0, EFD_CLOEXEC));
  return {
    address: memory.name,
    descriptors: [bells, bells],
    complaint: () => undefined,
    remove: () => {
      for (const bell of bells) closeSync(bell);
      memory.close();
      memory.unlinkSync();
    },
  };
}
