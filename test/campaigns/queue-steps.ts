/** Calls of objects of one System V queue, at random, each held against the model. */

import { setImmediate as turn } from 'node:timers/promises';

import { sysv } from 'posix-ipc';
import { IPC_NOWAIT, MSG_COPY, msgrcv } from 'posix-ipc/syscalls';

import { adoptQueue, temporaryQueue } from '../support/queues';
import { soon, waitUntil } from '../support/wait-until';
import { Calls, type Opened, type Pending } from './queue-calls';
import { indexOf, Ledger, lineOf, must, take, type Held } from './queue-model';
import type { Seeded } from './seeded';

const types = [1, 1, 2, 3, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, 2n ** 53n, 2n ** 63n - 1n];
const selectors = [0, 0, 0, 1, 2, -1, -2, -(2 ** 31), 2 ** 32 + 1, -(2n ** 53n), -(2n ** 63n)];
const capacities = [4, 16, 40, 64, 200, 16_384];
const lengths = [4, 4, 5, 9, 16, 34, 64, 154, 4004];
const sending = ['send', 'sendMany', 'sendNow'] as const;
const taking = ['takeNow', 'drain', 'takeBlocking'] as const;
const waiting = ['receive', 'receiveInto', 'iterate'] as const;
const others = ['abort', 'set', 'change', 'turn'] as const;
const ways = [...sending, ...sending, ...taking, ...waiting, ...waiting, ...others];
const copy = Buffer.alloc(8 + 8192);

/** What is in the queue, as a call that is none of the class tells. */
function contentOf(id: number): Held[] {
  const held: Held[] = [];
  for (;;) {
    try {
      const length = msgrcv(id, copy, 8192, held.length, MSG_COPY | IPC_NOWAIT);
      held.push({ type: copy.readBigInt64LE(), number: copy.readUInt32LE(8), length });
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOMSG') throw error;
      return held;
    }
  }
}

export class Steps {
  readonly #random: Seeded;
  readonly #ledger = new Ledger();
  readonly #calls = new Calls(this.#ledger);
  readonly #objects: Opened[];
  readonly #id: number;
  #capacity: number;
  #opened = 1;

  constructor(random: Seeded) {
    this.#random = random;
    this.#capacity = random.oneOf(capacities);
    const queue = temporaryQueue({ maxBytes: this.#capacity });
    this.#id = queue.id;
    this.#objects = [{ queue, number: 0 }];
  }

  /** How calls ended, and how often. */
  get counts(): ReadonlyMap<string, number> {
    return this.#calls.counts;
  }

  async step(): Promise<void> {
    await this[this.#random.oneOf(ways)]();
    if (this.#random.chance(0.5)) await this.#calls.told();
    if (this.#random.chance(0.15)) await this.#quiet();
    this.#calls.check();
  }

  /** Everything is answered, and every message accounted for. */
  async end(): Promise<void> {
    await this.#quiet();
    for (const object of [...this.#objects]) this.#close(object);
    await soon(
      'the end of what waits',
      Promise.all([...this.#calls.pending].map((one) => one.ended)),
    );
    this.#calls.check();
    this.#ledger.end(contentOf(this.#id));
  }

  // ---- sending

  #make(object: Opened, type: number | bigint): Buffer {
    return this.#ledger.make(object.number, type, this.#random.oneOf(lengths));
  }

  private send(): void {
    const [object, type] = [this.#object(), this.#random.oneOf(types)];
    const data = this.#make(object, type);
    const [limits, controller] = this.#limits();
    const given = Buffer.from(data);
    const sending = object.queue.send(given, { type, ...limits });
    const call = { object, options: limits, controller, sends: [data] };
    this.#calls.later('send', call, sending, () => {
      this.#ledger.sent(data);
    });
    given.fill(0); // it was read before the call returned
  }

  private sendMany(): void {
    const [object, type] = [this.#object(), this.#random.oneOf(types)];
    const list = Array.from({ length: 1 + this.#random.below(5) }, () => this.#make(object, type));
    const [limits, controller] = this.#limits();
    const sending = object.queue.sendMany(list, { type, ...limits });
    const call = { object, options: limits, controller, sends: list };
    this.#calls.later('sendMany', call, sending, (sent) => {
      this.#sent(list, sent);
    });
  }

  /** One or many, without waiting: what finds no room is refused. */
  private sendNow(): void {
    const [object, type] = [this.#object(), this.#random.oneOf(types)];
    const list = Array.from({ length: 1 + this.#random.below(3) }, () => this.#make(object, type));
    const [first = Buffer.alloc(0)] = list;
    const forms = [
      () => object.queue.trySendMany(list, { type }),
      () => object.queue.sendManySync(list, { type, timeout: this.#random.below(2) }),
      () => Number(object.queue.trySend(first, { type })),
    ];
    const codes = ['EMSGSIZE', 'ETIMEDOUT'];
    this.#sent(list, this.#calls.now('sendNow', this.#random.oneOf(forms), codes) ?? 0);
  }

  #sent(list: Buffer[], count: number): void {
    for (const data of list.slice(0, count)) this.#ledger.sent(data);
    for (const data of list.slice(count)) this.#ledger.refused(data);
  }

  // ---- receiving

  #options(): sysv.MessageOptions {
    const { chance, oneOf } = this.#choices;
    const options: sysv.MessageOptions = { type: oneOf(selectors), except: chance(0.2) };
    if (chance(0.2)) options.maxLength = oneOf([4, 9, 64]);
    if (chance(0.2)) options.truncate = true;
    return options;
  }

  private receive(): void {
    const object = this.#object();
    const [limits, controller] = this.#limits();
    const options = { ...this.#options(), ...limits };
    const call = { object, options, controller, sends: [] };
    const taker = this.#ledger.taker(object.number, options);
    this.#calls.later('receive', call, object.queue.receive(options), ({ type, data }) => {
      this.#ledger.taken(taker, type, data);
    });
  }

  private receiveInto(): void {
    const object = this.#object();
    const [limits, controller] = this.#limits();
    const memory = Buffer.alloc(this.#random.oneOf([4, 16, 8192]));
    const options = { ...this.#options(), ...limits, maxLength: memory.length };
    const call = { object, options, controller, sends: [] };
    const taker = this.#ledger.taker(object.number, options);
    const receiving = object.queue.receiveInto(memory, options);
    this.#calls.later('receiveInto', call, receiving, ({ type, length }) => {
      this.#ledger.taken(taker, type, memory.subarray(0, length));
    });
  }

  /** One step of a loop, which is left then. */
  private iterate(): void {
    const object = this.#object();
    const options = { type: this.#random.oneOf(selectors) };
    const batches = object.queue.batches({ ...options, limit: 3 });
    const call = { object, options, controller: undefined, sends: [] };
    const taker = this.#ledger.taker(object.number, options);
    this.#calls.later('batch', call, batches.next(), ({ value, done }) => {
      must(done !== true || object.queue.closed, 'the end of the loop', options);
      for (const { type, data } of (value ?? []) as sysv.Message[]) {
        this.#ledger.taken(taker, type, data);
      }
    });
  }

  /** Without waiting; where all that was called before has been told, the answer is known. */
  private async takeNow(): Promise<void> {
    const [object, options] = [this.#object(), this.#options()];
    await this.#calls.told();
    const others = [...this.#calls.pending].filter(({ sends }) => sends.length === 0);
    if (others.length > 0 && this.#random.chance(0.5)) {
      const { type, except } = this.#random.oneOf(others).options;
      Object.assign(options, { type, except });
    }
    const expected = this.#expected(object, options);
    const taker = this.#ledger.taker(object.number, options);
    const message = this.#calls.now('tryReceive', () => object.queue.tryReceive(options), [
      'E2BIG',
    ]);
    if (message !== undefined) this.#ledger.taken(taker, message.type, message.data);
    if (expected === undefined) return;
    const number = message?.data.readUInt32LE();
    must(number === expected.number, 'another message', { options, number, expected });
    must(same(contentOf(this.#id), expected.left), 'something else left', { options, expected });
  }

  private drain(): void {
    const [object, type] = [this.#object(), this.#random.oneOf(selectors)];
    const limit = this.#random.oneOf([0, 1, 3, undefined]);
    const taker = this.#ledger.taker(object.number, { type });
    const list = this.#calls.now('drain', () => object.queue.drainSync({ type, limit }), []) ?? [];
    must(list.length <= (limit ?? Infinity), 'more than the limit', limit);
    for (const message of list) this.#ledger.taken(taker, message.type, message.data);
  }

  private takeBlocking(): void {
    const [object, options] = [this.#object(), this.#options()];
    const timeout = this.#random.oneOf([0, 0.3, 1]);
    const taker = this.#ledger.taker(object.number, options);
    const receive = (): sysv.Message => object.queue.receiveSync({ ...options, timeout });
    const message = this.#calls.now('receiveSync', receive, ['E2BIG', 'ETIMEDOUT']);
    if (message !== undefined) this.#ledger.taken(taker, message.type, message.data);
  }

  /** What tryReceive finds, and leaves, where nothing but receives can change the queue meanwhile. */
  #expected(
    object: Opened,
    options: sysv.MessageOptions,
  ): { number: number | undefined; left: Held[] } | undefined {
    const pending = [...this.#calls.pending];
    const isKnown = pending.every(
      (one) =>
        one.sends.length === 0 &&
        one.options.timeout === undefined &&
        one.controller?.signal.aborted !== true,
    );
    if (!isKnown) return undefined;
    const left = contentOf(this.#id);
    // Those of its line come first, in order.
    for (const one of pending) {
      if (one.object !== object || lineOf(one.options) !== lineOf(options)) continue;
      for (let most = one.kind === 'batch' ? 3 : 1, count = 0; count < most; count++) {
        const found = take(left, one.options);
        if (found === undefined && count === 0) return { number: undefined, left };
        if (found === undefined) break;
      }
    }
    const found = take(left, options);
    return { number: typeof found === 'object' ? found.number : undefined, left };
  }

  // ---- the objects

  #object(): Opened {
    return this.#random.oneOf(this.#objects);
  }

  private turn(): Promise<void> {
    return turn();
  }

  private abort(): void {
    const some = [...this.#calls.pending].filter(({ controller }) => controller !== undefined);
    if (some.length > 0) this.#random.oneOf(some).controller?.abort('storm');
  }

  private set(): void {
    this.#capacity = this.#random.oneOf(capacities);
    this.#object().queue.setSync({ maxBytes: this.#capacity });
  }

  /** Opens one more object, or closes one in the midst of its waits. */
  private change(): void {
    if (this.#objects.length > 1 && this.#random.chance(0.5)) this.#close(this.#object());
    else if (this.#objects.length < 3) {
      const queue = adoptQueue(sysv.MessageQueue.fromIdSync(this.#id));
      this.#objects.push({ queue, number: this.#opened++ });
    }
  }

  #close(object: Opened): void {
    this.#objects.splice(this.#objects.indexOf(object), 1);
    object.queue.close();
  }

  // ---- what is told

  get #choices(): Pick<Seeded, 'chance' | 'oneOf'> {
    const random = this.#random;
    return { chance: (part) => random.chance(part), oneOf: (list) => random.oneOf(list) };
  }

  #limits(): [limits: { timeout?: number; signal?: AbortSignal }, AbortController | undefined] {
    if (this.#random.chance(0.2)) return [{ timeout: this.#random.oneOf([0, 0.3, 2]) }, undefined];
    if (this.#random.chance(0.7)) return [{}, undefined];
    const controller = new AbortController();
    return [{ signal: controller.signal }, controller];
  }

  /** Nothing waits that could be answered. */
  async #quiet(): Promise<void> {
    let stuck: Pending[] = [];
    await waitUntil('all that can be answered is', async () => {
      await turn();
      const queue = contentOf(this.#id);
      this.#ledger.check(queue);
      stuck = [...this.#calls.pending].filter((one) => this.#isOwed(one, queue));
      return stuck.length === 0 || this.#calls.isFaulty;
    }).catch((error: unknown) => {
      must(
        false,
        String(error),
        stuck.map(({ kind, options }) => ({ kind, options })),
      );
    });
    this.#calls.check();
  }

  #isOwed(one: Pending, queue: Held[]): boolean {
    const { object, options, controller, sends } = one;
    const isEnding = options.timeout !== undefined || controller?.signal.aborted === true;
    if (isEnding || object.queue.closed) return true;
    if (sends.length === 0) return indexOf(queue, options) >= 0;
    const first = [...this.#calls.pending].find(
      (other) => other.object === object && other.sends.length > 0,
    );
    if (one !== first || one.kind !== 'send') return false;
    const bytes = queue.reduce((sum, { length }) => sum + length, 0);
    return bytes + (sends[0]?.length ?? 0) <= this.#capacity && queue.length < this.#capacity;
  }
}

function same(one: readonly Held[], other: readonly Held[]): boolean {
  return one.length === other.length && one.every(({ number }, i) => number === other[i]?.number);
}
