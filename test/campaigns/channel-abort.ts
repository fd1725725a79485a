/** Senders and receivers of one channel in one thread, in all ways that can be given up; and what of it came. */

import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

import type { channel } from 'posix-ipc';

import { abortedSoon, below, chance, oneOf } from './chance';

/** What an end that is given up, or closed, or kept out by its own other calls, may say. */
const expected = new Set(['ETIMEDOUT', 'ERR_CLOSED', 'EBUSY', 'EAGAIN']);

function limits(): channel.SendOptions {
  if (chance(0.3)) return { signal: abortedSoon(), timeout: 50 };
  return { timeout: oneOf([0, 1, 3, 50]) };
}

/** What is given up says so; what else it throws is thrown. */
async function unlessGivenUp(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error !== 'storm' && !expected.has((error as { code: string }).code)) throw error;
    await turn(); // who is kept out, and calls again at once, keeps others from going on
    return false;
  }
}

/** Whether each message was sent, as its sender was told, and how often it came. */
export class AbortStorm {
  readonly #one: channel.Channel;
  readonly #sent: boolean[] = [];
  readonly #came: number[] = [];
  /** Whether what is borrowed is received. */
  readonly #isClaimed: boolean;
  #over = false;

  constructor(one: channel.Channel) {
    this.#one = one;
    this.#isClaimed = one.receivers > 1 || one.capacity === 0;
  }

  async run(milliseconds: number): Promise<void> {
    const [senders, receivers] = [this.#one.senders, this.#one.receivers];
    const receiving = Promise.all(Array.from({ length: receivers }, () => this.#receive()));
    const end = performance.now() + milliseconds;
    await Promise.all(Array.from({ length: senders }, () => this.#send(end)));
    this.#over = true;
    await receiving;
    const last = this.#one.receiver();
    for (let left = last.tryReceive(); left !== undefined; left = last.tryReceive()) {
      this.#take(left.data);
    }
    last.close();
  }

  get total(): number {
    return this.#sent.filter(Boolean).length;
  }

  /** Numbers of messages that were sent and did not come, came more than once, or came and were not sent. */
  get faults(): { lost: number[]; again: number[]; unsent: number[] } {
    const all = [...this.#sent.keys()];
    const came = (number: number): number => this.#came[number] ?? 0;
    return {
      lost: all.filter((number) => this.#sent[number] === true && came(number) === 0),
      again: all.filter((number) => came(number) > 1),
      unsent: all.filter((number) => this.#sent[number] === false && came(number) > 0),
    };
  }

  /** The next message: its number, and bytes that follow from it. */
  #next(): Buffer {
    const number = this.#sent.push(false) - 1;
    const data = Buffer.alloc(4 + below(chance(0.1) ? 400 : 30), number & 255);
    data.writeUInt32LE(number);
    return data;
  }

  #take(data: Buffer): void {
    const number = data.readUInt32LE();
    if (data.subarray(4).some((byte) => byte !== (number & 255))) throw new Error('it is torn');
    this.#came[number] = (this.#came[number] ?? 0) + 1;
  }

  /** So many of those that are given were sent. */
  async #sending(count: number, send: (list: Buffer[]) => Promise<number>): Promise<void> {
    const first = this.#sent.length;
    const list = Array.from({ length: count }, () => this.#next());
    await unlessGivenUp(async () => {
      const sent = await send(list);
      this.#sent.fill(true, first, first + sent);
    });
  }

  async #send(end: number): Promise<void> {
    while (performance.now() < end) {
      const sender = this.#one.sender();
      const isOver = (): boolean => performance.now() > end || sender.closed;
      const one = async (): Promise<void> => {
        while (!isOver()) await oneOf(this.#waysToSend(sender))();
      };
      const close = sleep(below(80)).then(() => {
        sender.close();
      });
      await Promise.all([one(), one(), close]);
    }
  }

  #waysToSend(sender: channel.Sender): (() => Promise<unknown>)[] {
    return [
      () => this.#sending(1, ([one = '']) => sender.send(one, limits()).then(() => 1)),
      () =>
        this.#sending(1, ([one = '']) => {
          sender.sendSync(one, { timeout: below(3) });
          return Promise.resolve(1);
        }),
      () => this.#sending(1, ([one = '']) => Promise.resolve(Number(sender.trySend(one)))),
      () => this.#sending(below(20), (list) => sender.sendMany(list, limits())),
      () =>
        this.#sending(below(20), (list) =>
          Promise.resolve(sender.sendManySync(list, { timeout: below(3) })),
        ),
      () => this.#claim(sender),
      () => turn(),
    ];
  }

  async #claim(sender: channel.Sender): Promise<void> {
    if (this.#one.capacity === 0) return;
    await unlessGivenUp(async () => {
      const view = await sender.claim(4 + below(100), limits());
      if (sender.closed) return;
      const number = this.#sent.push(false) - 1;
      view.fill(number & 255).writeUInt32LE(number);
      if (chance(0.2)) {
        sender.abort();
        return;
      }
      sender.commit();
      this.#sent[number] = true;
    });
  }

  async #receive(): Promise<void> {
    while (!this.#over) {
      const receiver = this.#one.receiver();
      const isOver = (): boolean => this.#over || receiver.closed;
      const one = async (): Promise<void> => {
        while (!isOver()) await unlessGivenUp(oneOf(this.#waysToReceive(receiver)));
      };
      const close = sleep(below(80)).then(() => {
        receiver.close();
      });
      await Promise.all([one(), one(), close]);
    }
  }

  #waysToReceive(receiver: channel.Receiver): (() => Promise<unknown>)[] {
    const take = ({ data }: { data: Buffer }): void => {
      this.#take(data);
    };
    return [
      () => receiver.receive(limits()).then(take),
      () => {
        take(receiver.receiveSync({ timeout: below(3) }));
        return Promise.resolve();
      },
      async () => {
        const memory = Buffer.alloc(500);
        const { length } = await receiver.receiveInto(memory, limits());
        this.#take(memory.subarray(0, length));
      },
      async () => {
        using borrowed = await receiver.borrow(limits());
        if (this.#isClaimed || !receiver.closed) take(borrowed); // else it stays for the next one
      },
      () => {
        receiver.forEach((shown) => {
          this.#take(shown.view());
        });
        return turn();
      },
      async () => {
        const batches = receiver.batches({ limit: 8, ...limits() });
        const { value } = (await batches.next()) as { value?: channel.Message[] };
        value?.forEach(take);
      },
      async () => {
        const messages = receiver.messages(limits());
        const next = messages.next();
        await messages.return?.();
        const { value } = (await next) as { value?: channel.Message };
        if (value !== undefined) take(value);
      },
    ];
  }
}
