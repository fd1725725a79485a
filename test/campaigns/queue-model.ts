/** What a System V queue is, in the words of msgop(2), and what became of each message. */

import type { sysv } from 'posix-ipc';

/** A message in the queue: its number stands in its payload. */
export interface Held {
  type: bigint;
  number: number;
  length: number;
}

const longest = 2n ** 63n - 1n;

/** Where the message is that a selector takes; -1 if there is none. */
export function indexOf(queue: readonly Held[], { type = 0, except }: sysv.Selector): number {
  const wanted = BigInt(type);
  if (wanted === 0n) return queue.length > 0 ? 0 : -1;
  if (wanted > 0n) return queue.findIndex((held) => (held.type === wanted) !== (except === true));
  const most = wanted < -longest ? longest : -wanted;
  const types = queue.map((held) => held.type).filter((one) => one <= most);
  const lowest = types.reduce((low, one) => (one < low ? one : low), longest);
  return types.length === 0 ? -1 : queue.findIndex((held) => held.type === lowest);
}

/** How a receive is answered: the message, an error, or by nothing. Takes the message. */
export function take(queue: Held[], options: sysv.MessageOptions): Held | 'E2BIG' | undefined {
  const index = indexOf(queue, options);
  const { maxLength = Infinity, truncate = false } = options;
  if (index < 0) return undefined;
  if ((queue[index] as Held).length > maxLength && !truncate) return 'E2BIG';
  return queue.splice(index, 1)[0];
}

/** What tells the lines of one object apart: `except` says nothing below 1. */
export function lineOf({ type = 0, except }: sysv.Selector): string {
  return `${String(except === true && BigInt(type) > 0n)} ${String(type)}`;
}

interface Sent extends Held {
  /** The object that it is sent through. */
  sender: number;
  state: 'on its way' | 'sent' | 'refused' | 'taken';
}

/** A call that takes messages. */
export interface Taker {
  options: sysv.MessageOptions;
  /** Its object and its selector: what it stands in line with. */
  line: string;
  /** Of all calls. */
  number: number;
}

/** Each message, from the call that sends it to the one that takes it. */
export class Ledger {
  readonly #all: Sent[] = [];
  readonly #taken: { taker: Taker; message: Sent }[] = [];
  #takers = 0;

  /** The payload of a new message: its number, then bytes that tell it, too. */
  make(sender: number, type: number | bigint, length: number): Buffer {
    const number = this.#all.length;
    this.#all.push({ type: BigInt(type), number, length, sender, state: 'on its way' });
    const data = Buffer.alloc(length, number % 251);
    data.writeUInt32LE(number);
    return data;
  }

  sent(data: Buffer): void {
    const message = this.#of(data);
    must(message.state !== 'refused', 'sent, and refused before', message);
    if (message.state === 'on its way') message.state = 'sent';
  }

  refused(data: Buffer): void {
    const message = this.#of(data);
    must(message.state === 'on its way', 'refused, but sent', message);
    message.state = 'refused';
  }

  /** To be asked for when the call is made. */
  taker(receiver: number, options: sysv.MessageOptions): Taker {
    const line = `${String(receiver)} ${lineOf(options)}`;
    return { options, line, number: this.#takers++ };
  }

  taken(taker: Taker, type: number | bigint, data: Buffer): void {
    const message = this.#of(data);
    const { options } = taker;
    this.#taken.push({ taker, message });
    const { maxLength = Infinity, truncate = false } = options;
    must(message.state === 'sent' || message.state === 'on its way', 'taken before', message);
    message.state = 'taken';
    const length = truncate ? Math.min(message.length, maxLength) : message.length;
    must(data.length === length && length <= maxLength, 'of another length', message);
    must(message.type === BigInt(type), 'of another type', message);
    must((typeof type === 'number') === Number.isSafeInteger(Number(type)), 'a bigint', message);
    must(indexOf([message], options) === 0, 'not of the selector', { message, options });
    const rest = data.subarray(4);
    must(
      rest.every((byte) => byte === message.number % 251),
      'other bytes',
      message,
    );
  }

  /** What is in the queue was sent, is there once, and in the order in which each object sent it. */
  check(queue: readonly Held[]): void {
    const last = new Map<number, number>();
    for (const held of queue) {
      const message = this.#all[held.number] as Sent;
      const { sender, state, type, length, number } = message;
      must(state === 'sent' || state === 'on its way', 'in the queue', message);
      must(held.type === type && held.length === length, 'another in the queue', message);
      must(number > (last.get(sender) ?? -1), 'out of order', message);
      last.set(sender, number);
    }
  }

  /** At the end: every message that was sent was taken, or is there. */
  end(queue: readonly Held[]): void {
    this.check(queue);
    this.#checkLines();
    const left = new Set(queue.map(({ number }) => number));
    for (const message of this.#all) {
      const isThere = message.state === 'sent';
      must(message.state !== 'on its way', 'nobody was told of it', message);
      must(isThere === left.has(message.number), 'lost', message);
    }
  }

  /** Who called earlier has the earlier message, of those that one object sent as one type. */
  #checkLines(): void {
    const last = new Map<string, number>();
    for (const { taker, message } of this.#taken.sort((a, b) => a.taker.number - b.taker.number)) {
      const key = `${taker.line}: ${String(message.type)} of ${String(message.sender)}`;
      must(message.number > (last.get(key) ?? -1), 'taken out of order', { taker, message });
      last.set(key, message.number);
    }
  }

  #of(data: Buffer): Sent {
    return this.#all[data.readUInt32LE()] as Sent;
  }
}

/** Throws where something is not as it has to be. */
export function must(isSo: boolean, what: string, about: unknown): void {
  if (isSo) return;
  const text = JSON.stringify(about, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${String(value)}n` : value,
  );
  throw new Error(`${what}: ${text}`);
}
