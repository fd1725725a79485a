/** Processes of C and of Node that do the same, at random, and are killed at random. */

import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { startC, startNode, type Peer } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';
import { atOnce } from './crowd-hands';
import type { Seeded } from './seeded';

export type Language = 'C' | 'Node';

/** One of them: killed or not, it has left a file. */
export interface Member {
  readonly language: Language;
  readonly role: string;
  readonly id: number;
  readonly file: string;
  readonly peer: Peer;
  isKilled: boolean;
}

export class Crowd {
  readonly all: Member[] = [];
  readonly #program: string;
  readonly #object: string;
  readonly #prefix: string;
  readonly #random: Seeded;

  /** `program`: in test/fixtures; takes a role, the object, a file, a seed and its number. */
  constructor(program: string, object: string, prefix: string, random: Seeded) {
    this.#program = program;
    this.#object = object;
    this.#prefix = prefix;
    this.#random = random;
  }

  get alive(): Member[] {
    return this.all.filter(({ isKilled }) => !isKilled);
  }

  get killed(): Member[] {
    return this.all.filter(({ isKilled }) => isKilled);
  }

  async start(language: Language, role: string): Promise<void> {
    const id = this.all.length;
    const file = `${this.#prefix}.${String(id)}`;
    const args = [role, this.#object, file, String(this.#random.seed()), String(id)];
    const peer =
      language === 'C' ? await startC(this.#program, args) : startNode(this.#program, args);
    this.all.push({ language, role, id, file, peer, isKilled: false });
  }

  /** Kills one after a while, rarely before it has begun, and starts another in its place. */
  async killOne(): Promise<void> {
    const victim = this.#random.oneOf(this.alive);
    if (this.#random.chance(0.9)) await begun(victim);
    await sleep(this.#random.below(100));
    victim.isKilled = true;
    victim.peer.kill('SIGKILL');
    const { signal, stderr } = await soon('a death', victim.peer.ended);
    expect({ signal, stderr }).toStrictEqual({ signal: 'SIGKILL', stderr: '' });
    await this.start(victim.language, victim.role);
  }

  /** Lets all of them do something without a death. */
  async quiet(): Promise<void> {
    for (const one of this.alive) await begun(one);
    await sleep(300);
  }

  /** Those of a role end by themselves. */
  async ended(role: string): Promise<void> {
    for (const one of this.alive) if (one.role === role) await one.peer.success();
  }
}

async function begun({ file }: Member): Promise<void> {
  await waitUntil('it has begun', () => existsSync(file));
}

/** The lines that one of them has written. */
export function linesOf({ file }: Member): string[] {
  return existsSync(file) ? readFileSync(file, 'latin1').split('\n').slice(0, -1) : [];
}

/** How many the killed can have had in hands. */
export function handsOf(members: readonly Member[]): number {
  return members.reduce((sum, { language }) => sum + (language === 'C' ? 1 : atOnce), 0);
}
