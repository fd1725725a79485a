/**
 * Random bytes in the memory of a direct channel: typed errors, and all that is pending ends; no crash, and no
 * endless loop. POSIX_IPC_SEED repeats one, POSIX_IPC_CAMPAIGN=100 makes it minutes.
 */

import { setImmediate as turn } from 'node:timers/promises';

import { channel, posix } from 'posix-ipc';

import { below } from './chance';
import { Seeded } from './seeded';
import { patience, report, scaled } from '../support/campaign';
import { directName, isNamed } from '../support/directs';
import { soon } from '../support/wait-until';

const capacity = 1024;
const lane = 768 + capacity;
const rounds = Math.max(scaled(30), 30);
const seed = Number(process.env['POSIX_IPC_SEED'] ?? below(2 ** 31));
const steps = 50;

const expected = new Set([
  ...['EBADMSG', 'EPIPE', 'ECONNRESET', 'ETIMEDOUT', 'ERR_CLOSED', 'EBUSY', 'EMSGSIZE'],
  ...['ERR_REMOTE'],
]);

/** Overwrites a position, a bell, a role, or something of a record, of one of the four channels. */
function overwrite(words: Int32Array, random: Seeded): void {
  const begin = (64 + random.below(4) * lane) / 4;
  const at = random.oneOf([
    ...[64 + random.below(4), 96 + random.below(4), 128, 160],
    ...[16 + random.below(4), 192 + random.below(capacity / 4), 192 + random.below(16)],
  ]);
  const anything = random.below(2 ** 32);
  words[begin + at] = random.oneOf([anything, random.below(capacity) & ~7, -1, 0, random.below(5)]);
}

/** Both ends of one, and what has come of the calls that were made. */
class Uses {
  readonly codes = new Set<string>();
  readonly pending: Promise<unknown>[] = [];

  constructor(
    private readonly ends: readonly channel.Direct[],
    private readonly random: Seeded,
  ) {
    for (const end of ends) this.#call(() => end.onRequest(({ data }) => data));
  }

  one(): void {
    const { random } = this;
    const end = random.oneOf(this.ends);
    const data = Buffer.alloc(random.below(200));
    const limits = { timeout: random.oneOf([0, 3]) };
    const ways: (() => unknown)[] = [
      () => end.request(data),
      () => end.request(data, limits),
      () => end.requestSync(data, limits),
      () => end.send(data),
      () => {
        end.sendSync(data, limits);
      },
      () => end.trySend(data),
      () => end.receive(),
      () => end.receiveSync(limits),
      () => end.tryReceive(),
      () => end.receiver.batches(limits).next(),
      () => end.ended(),
      () => end.tryEnded(),
    ];
    this.#call(random.oneOf(ways));
  }

  #call(way: () => unknown): void {
    try {
      const answer = way();
      if (answer instanceof Promise) this.pending.push(answer.catch(this.#note));
    } catch (error) {
      this.#note(error);
    }
  }

  readonly #note = (error: unknown): void => {
    this.codes.add((error as { code?: string }).code ?? String(error));
  };
}

async function round(random: Seeded): Promise<ReadonlySet<string>> {
  const name = directName();
  const options = { capacity, window: random.oneOf([1, 4, 64]) };
  const ends = await Promise.all([channel.direct(name, options), channel.direct(name, options)]);
  try {
    using object = posix.SharedMemory.openSync(name);
    using mapping = object.attachSync({ access: 'write' });
    const words = mapping.view(Int32Array);
    const uses = new Uses(ends, random);
    for (let step = 0; step < steps; step++) {
      for (let i = step < 10 ? 0 : random.below(4); i > 0; i--) overwrite(words, random);
      uses.one();
      if (random.chance(0.3)) await turn();
    }
    for (const end of ends) end.close();
    await soon('all that was pending', Promise.all(uses.pending));
    return uses.codes;
  } finally {
    for (const end of ends) end.close();
    if (isNamed(name)) posix.SharedMemory.unlinkSync(name); // its seats were overwritten
  }
}

test(
  'whatever is overwritten, calls end well or with an error that says why',
  async () => {
    const random = new Seeded(seed);
    const seen = new Set<string>();
    for (let i = 0; i < rounds; i++) for (const code of await round(random)) seen.add(code);
    report(`hostile direct channel: ${[...seen].join(', ')}, seed ${String(seed)}`);
    expect([...seen].filter((code) => !expected.has(code))).toEqual([]);
    expect(seen).toContain('EBADMSG');
  },
  patience(3),
);
