/** What of this package lies in shared memory, and how it is. */

import { inspect } from 'node:util';

import { Broadcast, Channel } from '../channel';
import type { Mapping } from '../core/mapping';
import { Barrier, Event, Mutex, Once, RwLock } from '../lock';
import { SharedMemory } from '../posix/shared-memory';
import { ifKnown, tableOf, type Column, type Part } from './kind';

/** So many bytes tell what it is. */
export const BEGIN = 12;

/** In the first word, or in the third: native/include/posix-ipc. */
const magics = {
  PICH: 'channel',
  PIBC: 'broadcast',
  PIDR: 'direct',
  PIMX: 'mutex',
  PIRW: 'rwlock',
  PICO: 'condition',
  PIBA: 'barrier',
  PIEV: 'event',
  PION: 'once',
} as const;

export type Holds = (typeof magics)[keyof typeof magics];

export function holdsOf(begin: Buffer): Holds | undefined {
  const words = new Map<string, Holds>(Object.entries(magics));
  return words.get(begin.toString('latin1', 0, 4)) ?? words.get(begin.toString('latin1', 8));
}

/**
 * Each is found in the mapped memory, and only looked at: to open one by its name is to use it, and the last
 * who uses what is temporary removes it. Of the others nothing is known but what they are.
 */
const looks: Readonly<Partial<Record<Holds, (mapping: Mapping) => object>>> = {
  channel: (mapping) => Channel.at(mapping).statSync(),
  broadcast: (mapping) => Broadcast.at(mapping).statSync(),
  mutex(mapping) {
    const mutex = Mutex.at(mapping);
    return { ...mutex.statSync(), holder: mutex.holderSync() };
  },
  rwlock(mapping) {
    const rwlock = RwLock.at(mapping);
    return { ...rwlock.statSync(), holders: rwlock.holdersSync() };
  },
  barrier(mapping) {
    const { parties, waiting } = Barrier.at(mapping); // isBroken tells all others, too
    return { parties, waiting };
  },
  event: (mapping) => ({ isSet: Event.at(mapping).isSet }),
  once: (mapping) => ({ isDone: Once.at(mapping).isDone }),
};

function lookAt(name: string, look: (mapping: Mapping) => object): object {
  const memory = SharedMemory.openSync(name);
  try {
    return look(memory.mapping);
  } finally {
    memory.close();
  }
}

const columns: readonly Column<[what: string, is: unknown]>[] = [
  { header: 'what', text: ([what]) => what },
  { header: 'is', text: ([, is]) => text(is) },
];

function text(is: unknown): string {
  return typeof is === 'string' ? is : inspect(is, { breakLength: Infinity, depth: 4 });
}

/** What it says of itself. */
export function contentParts(holds: Holds | undefined, name: string): Part[] {
  const look = holds === undefined ? undefined : looks[holds];
  if (holds === undefined || look === undefined) return [];
  const notes: string[] = [];
  const value = ifKnown(() => lookAt(name, look), notes);
  return [
    {
      property: 'content',
      value,
      table: tableOf(`The ${holds}`, columns, Object.entries(value ?? {}), notes),
    },
  ];
}
