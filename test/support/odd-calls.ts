/**
 * Calls with odd values: how many were made, and which failed without a code. Wrong arguments have
 * one.
 */

import { oddValues } from './odd-values';

/** Each takes the odd value where the types forbid it: `never` fits everything. */
export type Case = (value: never) => unknown;

/** What the value itself throws when it is looked at: a getter, a revoked proxy, a broken iterable. */
const callersOwn =
  /that throws|revoked|not a typed array|receiver \[object Uint8Array\]|prototype\.values on a detached/;

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

  report(more: object = {}): void {
    console.log(JSON.stringify({ count: this.#count, untyped: [...this.#untyped], ...more }));
  }

  /** One call; `name` is what is reported. */
  async attempt(name: string, call: () => unknown): Promise<void> {
    this.#count++;
    this.#before();
    try {
      await call();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined && !callersOwn.test(message)) this.#untyped.add(`${name}: ${message}`);
    }
  }

  #attempt(one: Case, value: unknown): Promise<void> {
    const name = one.toString().replace(/\s+/g, ' ');
    return this.attempt(name, () => one(value as never));
  }
}
