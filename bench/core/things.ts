/** Structured objects: ten fields, of kinds that JSON has too, so that each transport carries the same. */

import { isDeepStrictEqual } from 'node:util';
import { differing, faulty } from './payload';

export interface Thing {
  id: number;
  name: string;
  price: number;
  amount: number;
  active: boolean;
  note: null;
  tags: string[];
  place: { x: number; y: number };
  owner: string;
  created: string;
}

export function thing(id: number): Thing {
  return {
    id,
    name: `thing ${String(id % 1000)}`,
    price: 9.75,
    amount: id & 0xff,
    active: (id & 1) === 0,
    note: null,
    tags: ['red', 'round'],
    place: { x: 51.5, y: -0.1 },
    owner: 'somebody',
    created: '2026-11-28T12:00:00.000Z',
  };
}

/** How long one is as JSON, about: what the C program beside it sends. */
export const THING_BYTES = Buffer.byteLength(JSON.stringify(thing(100_000)));

export type TakeThing = (value: unknown) => void;

/** Takes them in the order in which they were made; anything else is a fault of the driver. */
export class ThingSink {
  #id = 0;
  #wrong = 0;

  /** Compares all fields. */
  readonly check: TakeThing = (value) => {
    const id = this.#id++;
    if (!isDeepStrictEqual(value, thing(id))) {
      throw faulty(`object ${String(id)}: got ${JSON.stringify(value)}`, this.#wrong, 'object');
    }
  };

  /** For the timed part: its number and its last field. */
  readonly tally: TakeThing = (value) => {
    const { id, created } = value as Thing;
    if (id !== this.#id++ || created.length !== 24) this.#wrong++;
  };

  finish(): void {
    if (this.#wrong > 0) throw new Error(differing(this.#wrong, 'object'));
  }
}
