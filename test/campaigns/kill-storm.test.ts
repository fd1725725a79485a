/**
 * Kill storm: receivers are killed with SIGKILL at random while messages stream. No message is
 * delivered twice, and none is lost but those in the hands of the dead.
 *
 * 52 kills by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/kill for 1040.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import type { sysv } from 'posix-ipc';

import { patience, report, scaled } from '../support/campaign';
import { startNode } from '../support/processes';
import { temporaryPosixQueue } from '../support/posix-queues';
import { temporaryQueue } from '../support/queues';
import { soon, waitUntil } from '../support/wait-until';
import { below, oneOf } from './chance';
import { handsOf, ways, type Way } from './kill-ways';

const victimsAtOnce = 4;

/** What the receivers take from. */
interface Source {
  /** As the receivers know it. */
  address: string;
  send(number: number): Promise<void>;
  isEmpty(): boolean;
}

function systemV(): Source {
  const queue = temporaryQueue({ maxBytes: 512 });
  return {
    address: String(queue.id),
    send: (number) => queue.send(number % 2 === 0 ? '' : 'payload', { type: number }), // half are empty
    isEmpty: () => queue.statSync().messages === 0,
  };
}

function posixQueue(): Source {
  const queue = temporaryPosixQueue({ maxMessages: 8, messageSize: 16 });
  return {
    address: queue.name,
    send: (number) => queue.send(String(number)),
    isEmpty: () => queue.attributes.messages === 0,
  };
}

const sources: [name: string, kills: number, make: () => Source][] = [
  ['a System V queue', scaled(40), systemV],
  ['a POSIX queue', scaled(12), posixQueue],
];

class Receivers {
  readonly #queue: string;
  readonly #answers: string;
  readonly #alive: { way: Way; peer: ReturnType<typeof startNode> }[] = [];
  /** How many messages the dead can have had in hands, in all. */
  hands = 0;

  constructor(source: Source, answers: sysv.MessageQueue) {
    this.#queue = source.address;
    this.#answers = String(answers.id);
    for (const way of ways) this.start(way);
  }

  start(way: Way): void {
    const peer = startNode('campaigns/kill-receiver', [this.#queue, this.#answers, way]);
    this.#alive.push({ way, peer });
  }

  async killOne(): Promise<void> {
    const [victim] = this.#alive.splice(below(this.#alive.length), 1);
    if (victim === undefined) throw new Error('nobody is left to be killed');
    victim.peer.kill('SIGKILL');
    const { signal, stderr } = await soon('a death', victim.peer.ended);
    if (signal !== 'SIGKILL') throw new Error(`a receiver failed by itself: ${stderr}`);
    this.hands += handsOf[victim.way];
  }

  async killAll(): Promise<void> {
    while (this.#alive.length > 0) await this.killOne();
  }
}

/** Sends numbered messages until it is told to stop. */
class Sender {
  sent = 0;
  readonly #source: Source;
  readonly #sending: Promise<void>;
  #stopped = false;

  constructor(source: Source) {
    this.#source = source;
    this.#sending = this.#send();
  }

  async stop(): Promise<number> {
    this.#stopped = true;
    await soon('the end of sending', this.#sending);
    return this.sent;
  }

  async #send(): Promise<void> {
    for (; !this.#stopped; this.sent++) await this.#source.send(this.sent + 1);
  }
}

/** How often each message was acknowledged, by its number. */
async function count(
  answers: sysv.MessageQueue,
  signal: AbortSignal,
): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  try {
    for await (const { type } of answers.messages({ signal })) {
      counts.set(Number(type), (counts.get(Number(type)) ?? 0) + 1);
    }
  } catch (error) {
    if (error !== signal.reason) throw error;
  }
  for (const { type } of answers.drainSync()) {
    counts.set(Number(type), (counts.get(Number(type)) ?? 0) + 1);
  }
  return counts;
}

test.each(sources)(
  '%s: %d receivers killed while messages stream',
  async (name, kills, make) => {
    const source = make();
    const answers = temporaryQueue();
    const receivers = new Receivers(source, answers);
    const counting = new AbortController();
    const counted = count(answers, counting.signal);
    const sender = new Sender(source);
    for (let killed = 0; killed < kills; killed++) {
      const before = sender.sent;
      await sleep(below(120)); // from before it has started to long after
      // A loaded machine may take longer than that until any of them has started.
      await waitUntil('messages since the last kill', () => sender.sent > before + victimsAtOnce);
      await receivers.killOne();
      receivers.start(oneOf(ways));
    }
    const sent = await sender.stop();
    await waitUntil('the queue is empty', () => source.isEmpty());
    await untilIdle(answers);
    const hands = receivers.hands; // who dies from here on has nothing in hands
    await receivers.killAll();
    counting.abort();
    const counts = await counted;

    const twice = [...counts.values()].filter((times) => times > 1).length;
    const lost = sent - counts.size;
    report(
      `kill storm of ${name}: ${String(kills)} receivers killed with at most ${String(hands)} messages in hands; ` +
        `of ${String(sent)} messages ${String(lost)} were lost with them, ${String(twice)} delivered twice`,
    );
    expect(twice).toBe(0);
    expect(lost).toBeGreaterThanOrEqual(0);
    expect(lost).toBeLessThanOrEqual(hands);
    expect(sent).toBeGreaterThan(kills * victimsAtOnce); // they had something to take
  },
  patience(20),
);

/** Waits until nobody has sent to the queue for a while, and nobody has left anything in it. */
async function untilIdle(queue: sysv.MessageQueue): Promise<void> {
  let last = NaN;
  await waitUntil('the last answer has come', async () => {
    const { sentAt, messages } = queue.statSync();
    const before = last;
    last = Number(sentAt);
    await sleep(1500); // the kernel's clock of queues counts seconds
    return messages === 0 && last === before;
  });
}
