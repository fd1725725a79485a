/**
 * A crowd at a POSIX semaphore: processes of C and of Node take and post in every way that there is, give
 * up at random, and are killed. The value is in the end what was posted and not taken, but for what was
 * in the hands of the dead; once near 0, once near the highest.
 *
 * 12 kills of each by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/semaphore-crowd for 240.
 * POSIX_IPC_CROWD_SEED=SEED for the same choices again.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';

import type { posix } from 'posix-ipc';
import { SEM_VALUE_MAX } from 'posix-ipc/syscalls';

import { patience, report, scaled } from '../support/campaign';
import { runDirectory } from '../support/run-directory';
import { temporarySemaphore } from '../support/semaphores';
import { below } from './chance';
import { Crowd, handsOf, linesOf, type Language } from './crowd';
import { Seeded } from './seeded';

const kills = scaled(12);
const languages: Language[] = ['C', 'C', 'Node', 'Node', 'Node'];

const crowds: [kills: number, role: string, first: number][] = [
  [0, 'low', 2],
  [0, 'high', SEM_VALUE_MAX - 2],
  [kills, 'low', 2],
  [kills, 'high', SEM_VALUE_MAX - 2],
];

/** Posts now and then, so that nobody waits for ever: not even where who was woken was killed before it took. */
class Feeder {
  posted = 0;
  #isOver = false;
  readonly #semaphore: posix.Semaphore;
  readonly #feeding: Promise<void>;

  constructor(semaphore: posix.Semaphore) {
    this.#semaphore = semaphore;
    this.#feeding = this.#feed();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#feeding;
  }

  async #feed(): Promise<void> {
    while (!this.#isOver) {
      if (this.#semaphore.value < 100) {
        this.#semaphore.post(2);
        this.posted += 2;
      }
      await sleep(1);
    }
  }
}

test.each(crowds)(
  '%d of a crowd are killed, the value %s',
  async (deaths, role, first) => {
    const seed = Number(process.env['POSIX_IPC_CROWD_SEED'] ?? below(2 ** 31));
    const semaphore = temporarySemaphore(first);
    const file = `semaphore-crowd-${role}-${String(deaths)}-${String(process.pid)}`;
    const prefix = path.join(runDirectory(), file);
    const random = new Seeded(seed);
    const crowd = new Crowd('campaigns/semaphore-crowd', semaphore.name, prefix, random);
    const feeder = new Feeder(semaphore);
    for (const language of languages) await crowd.start(language, role);
    for (let killed = 0; killed < deaths; killed++) await crowd.killOne();
    await crowd.quiet();
    for (const { peer } of crowd.alive) peer.tell('stop');
    await crowd.ended(role);
    await feeder.end();

    const lines = crowd.all.flatMap(linesOf);
    const full = lines.filter((line) => line === 'max').length;
    const sum = lines.filter((line) => line !== 'max').reduce((all, one) => all + Number(one), 0);
    const missing = first + feeder.posted + sum - semaphore.value;
    const hands = handsOf(crowd.killed);
    report(
      `semaphore crowd, ${role}, seed ${String(seed)}: ${String(deaths)} killed; ${String(lines.length)} calls, ` +
        `the value is off by ${String(missing)}, ${String(hands)} at most; full ${String(full)} times`,
    );
    expect(Math.abs(missing)).toBeLessThanOrEqual(hands);
    expect(lines.length).toBeGreaterThan(deaths * 20);
    expect(full > 0).toBe(role === 'high');
  },
  patience(5),
);
