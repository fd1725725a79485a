/** What of this package lies in shared memory, and how it is. */

import { inspect } from 'node:util';

import { Broadcast, Channel } from '../channel';
import { Barrier, Event, Mutex, Once, RwLock } from '../lock';
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

/** Each is opened, and only looked at. Of the others nothing is known but what they are. */
const looks: Readonly<Partial<Record<Holds, (name: string) => object>>> = {
  channel: (name) => opened(Channel.openSync(name), (one) => one.statSync()),
  broadcast: (name) => opened(Broadcast.openSync(name), (one) => one.statSync()),
  mutex: (name) =>
    opened(Mutex.openSync(name), (one) => ({ ...one.statSync(), holder: one.holderSync() })),
  rwlock: (name) =>
    opened(RwLock.openSync(name), (one) => ({ ...one.statSync(), holders: one.holdersSync() })),
  barrier: (name) =>
    opened(Barrier.openSync(name), ({ parties, waiting, isBroken }) => ({
      parties,
      waiting,
      isBroken,
    })),
  event: (name) => opened(Event.openSync(name), ({ isSet }) => ({ isSet })),
  once: (name) => opened(Once.openSync(name), ({ isDone }) => ({ isDone })),
};

function opened<T extends { close(): void }>(one: T, look: (one: T) => object): object {
  try {
    return look(one);
  } finally {
    one.close();
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
  const value = ifKnown(() => look(name), notes) ?? {};
  return [
    {
      property: 'content',
      value,
      table: tableOf(`The ${holds}`, columns, Object.entries(value), notes),
    },
  ];
}
