/**
 * Calls with odd values: how many were made, and which failed without a code. Wrong arguments have
 * one.
 */

import { oddValues } from './odd-values';

/** Each takes the odd value where the types forbid it: `never` fits everything. */
export type Case = (value: never) => unknown;

/** What the value itself throws when it is looked at: a getter, a revoked proxy, a broken iterable. */
const callersOwn = /that throws|revoked|not a typed array|prototype\.values on a detached/;

export class OddCalls {
  #count = 0;
  readonly #untyped = new Set<string>();
  readonly #before: () => void;

  /** `before` puts everything in order before each call. */
  constructor(before: () => void) {
    this.#before = before;
  }

  async make(cases: readonly Case[]): Promise<void> {
    for (const one of cases) {
      for (const value of oddValues()) await this.#attempt(one, value);
    }
  }

  /** Where an integer would reach somebody else's object. */
  async makeOnIds(cases: readonly Case[]): Promise<void> {
    for (const one of cases) {
      for (const value of oddValues()) {
        if (typeof value !== 'number' || value < 0) await this.#attempt(one, value);
      }
    }
  }

  report(): void {
    console.log(JSON.stringify({ count: this.#count, untyped: [...this.#untyped] }));
  }

  async #attempt(one: Case, value: unknown): Promise<void> {
    this.#count++;
    this.#before();
    try {
      await one(value as never);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined && !callersOwn.test(message)) {
        this.#untyped.add(`${one.toString().replace(/\s+/g, ' ')}: ${message}`);
      }
    }
  }
}
