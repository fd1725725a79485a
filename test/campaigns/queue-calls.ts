/** Calls that were made, and how each of them ends. */

import type { sysv } from 'posix-ipc';

import { lineOf, must, type Ledger } from './queue-model';

/** An object, and its number. */
export interface Opened {
  queue: sysv.MessageQueue;
  number: number;
}

/** A call that gave a promise. */
export interface Pending {
  kind: string;
  number: number;
  object: Opened;
  options: sysv.ReceiveOptions;
  controller: AbortController | undefined;
  /** Of a send. */
  sends: Buffer[];
  ended: Promise<void>;
}

export class Calls {
  /** How calls ended, and how often. */
  readonly counts = new Map<string, number>();
  readonly pending = new Set<Pending>();
  readonly #ledger: Ledger;
  readonly #answered = new Map<string, number>();
  #number = 0;
  #fault: { error: unknown } | undefined;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Whether something was not as it has to be: then `check` throws. */
  get isFaulty(): boolean {
    return this.#fault !== undefined;
  }

  check(): void {
    if (this.#fault !== undefined) throw this.#fault.error;
  }

  /** One that gives no promise: its result, unless it fails with one of these codes. */
  now<R>(kind: string, call: () => R, codes: string[]): R | undefined {
    try {
      const result = call();
      this.#count(kind, 'done');
      return result;
    } catch (error) {
      const { code = '' } = error as { code?: string };
      if (!codes.includes(code)) throw error;
      this.#count(kind, code);
      return undefined;
    }
  }

  /** One that gives a promise. `done` is told its result. */
  later<R>(
    kind: string,
    call: Omit<Pending, 'kind' | 'number' | 'ended'>,
    promise: Promise<R>,
    done: (result: R) => void,
  ): void {
    const ended = promise.then(
      (result) => {
        this.#end(one, 'done', () => {
          done(result);
        });
      },
      (error: unknown) => {
        const code = error === 'storm' ? 'storm' : (error as { code?: string }).code;
        this.#end(one, code ?? String(error), () => {
          must(isMeant(one, code), `${one.kind}: ${String(error)}`, one.options);
          for (const data of one.sends) this.#ledger.refused(data);
        });
      },
    );
    const one: Pending = { kind, number: this.#number++, ...call, ended };
    this.pending.add(one);
  }

  #count(kind: string, end: string): void {
    const key = `${kind} ${end}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  #end(one: Pending, end: string, check: () => void): void {
    this.pending.delete(one);
    this.#count(one.kind, end);
    try {
      check();
      if (one.kind === 'sendMany' || (end !== 'done' && end !== 'E2BIG')) return;
      const line = one.sends.length > 0 ? '' : lineOf(one.options);
      const key = `${one.kind} ${line} of ${String(one.object.number)}`;
      const isNext = one.number > (this.#answered.get(key) ?? -1) || one.object.queue.closed;
      must(isNext, `answered out of order: ${key}`, one.number);
      this.#answered.set(key, one.number);
    } catch (error) {
      this.#fault ??= { error };
    }
  }

  /** What is settled has been told, though no turn of the event loop is over. */
  async told(): Promise<void> {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }
}

/** An end that somebody asked for. */
function isMeant({ object, options, controller, sends }: Pending, code = ''): boolean {
  switch (code) {
    case 'storm':
      return controller?.signal.aborted === true;
    case 'ETIMEDOUT':
      return options.timeout !== undefined;
    case 'ERR_CLOSED':
      return object.queue.closed;
    case 'EMSGSIZE':
      return sends.length > 0;
    case 'E2BIG':
      return options.maxLength !== undefined && options.truncate !== true;
    default:
      return false;
  }
}
