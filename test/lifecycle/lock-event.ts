/** The rows of the event in shared memory. */

import { randomInt } from 'node:crypto';

import { lock } from 'posix-ipc';

import { operationOf, type Kind, type Row } from './operation-of';
import type { WaitingOperation } from './waiting-operation';

/** The number at its end is what tests know the event by; see support/blocked.ts. */
function nameOf(id: number): string {
  return `/posix-ipc-lifecycle-event-${String(id)}`;
}

function kindOf(autoReset: boolean): Kind<lock.Event> {
  return {
    gives: false,
    contents: {
      untouched: ['false'],
      unserved: ['true'],
      served: [String(!autoReset)],
    },
    call: 'futex',
    syncCall: 'futex',
    create: () => {
      const id = randomInt(2 ** 47);
      lock.Event.createSync(nameOf(id), { autoReset }).close();
      return id;
    },
    open: (id) => lock.Event.openSync(nameOf(id)), // mapped under its name: see support/blocked.ts
    satisfy: (id) => {
      using own = lock.Event.openSync(nameOf(id));
      own.set();
    },
    contentsOf: (id) => {
      using own = lock.Event.openSync(nameOf(id));
      return [String(own.isSet)];
    },
    remove: (id) => {
      lock.Event.unlinkSync(nameOf(id));
    },
  };
}

const automatic: Row<lock.Event>[] = [
  { name: 'Event.wait', wait: (one, limits) => one.wait(limits) },
  {
    name: 'Event.waitSync',
    form: 'sync',
    wait: (one, limits) => {
      one.waitSync(limits);
    },
  },
];

const manual: Row<lock.Event>[] = [
  { name: 'Event.wait manual', variant: true, wait: (one, limits) => one.wait(limits) },
];

export const lockEvents: readonly WaitingOperation[] = [
  ...automatic.map((row) => operationOf(kindOf(true), row)),
  ...manual.map((row) => operationOf(kindOf(false), row)),
];
