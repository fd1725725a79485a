/** What processes do with System V segments, at random, one step after the other. */

import { type Peer, startC, startNode } from '../support/processes';
import { randomKey } from '../support/random-key';
import { adoptSegmentId } from '../support/segments';
import { soon } from '../support/wait-until';
import { type Attached, Model } from './segment-model';
import { Seeded } from './seeded';

const placesOfEach = 8;
const sizes = [1, 100, 4096, 4097, 20_000];

/** A process, and what it has attached. */
export interface Actor {
  kind: 'C' | 'class' | 'syscalls';
  peer: Peer;
  places: (Attached | undefined)[];
}

export async function start(kind: Actor['kind']): Promise<Actor> {
  const peer =
    kind === 'C' ? await startC('segment-peer') : startNode('campaigns/segment-peer', [kind]);
  return { kind, peer, places: Array.from({ length: placesOfEach }, () => undefined) };
}

/** The steps, and what they have to answer. */
export class Steps {
  readonly counts = new Map<string, number>();
  readonly #random: Seeded;
  readonly #model = new Model();
  readonly #keys = [randomKey(), randomKey(), randomKey()];
  /** The last ones, of which most are gone. */
  readonly #ids: number[] = [];
  readonly #actors: Actor[];

  constructor(
    actors: Actor[],
    private readonly seed: number,
  ) {
    this.#actors = actors;
    this.#random = new Seeded(seed);
  }

  async step(): Promise<void> {
    const random = this.#random;
    const actor = random.oneOf(this.#actors);
    if (random.chance(0.004)) {
      await this.#kill(actor);
      return;
    }
    const index = random.below(placesOfEach);
    const attached = actor.places[index];
    if (random.chance(0.3)) await this.#find(actor);
    else if (random.chance(0.4)) await this.#control(actor);
    else if (attached === undefined) await this.#attach(actor, index);
    else if (random.chance(0.25)) {
      actor.places[index] = undefined;
      await this.#ask(actor, ['detach', index], this.#model.detach(attached.id, actor.peer.pid));
    } else await this.#touch(actor, index, attached);
  }

  /** Removes everything; what is attached has to stay until its process has ended. */
  async end(): Promise<void> {
    const [first] = this.#actors as [Actor];
    for (const id of this.#model.ids) {
      await this.#ask(first, ['remove', id], this.#model.remove(id));
      await this.#ask(first, ['status', id], this.#model.status(id));
    }
    for (const actor of this.#actors) await this.#kill(actor, false);
    expect(this.#model.ids).toEqual([]);
    const last = await start('C');
    for (const id of this.#ids) await this.#ask(last, ['status', id], 'EINVAL');
  }

  async #ask(
    { kind, peer }: Actor,
    words: (string | number)[],
    expected?: string,
  ): Promise<string> {
    const line = [...words, 0, 0, 0].slice(0, 4).join(' ');
    peer.tell(line);
    const answer = await peer.line();
    const { seed } = this;
    if (expected !== undefined) {
      expect({ seed, kind, line, answer }).toEqual({ seed, kind, line, answer: expected });
    }
    const name = `${String(words[0])} ${/^E[A-Z]/.test(answer) ? answer : 'done'}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    return answer;
  }

  async #find(actor: Actor): Promise<void> {
    const model = this.#model;
    const key = this.#random.oneOf(this.#keys);
    const size = this.#random.oneOf(sizes);
    const verb = this.#random.oneOf(['open', 'open', 'create', 'either'] as const);
    if (verb === 'open') {
      const least = this.#random.oneOf([0, size]);
      await this.#ask(actor, [verb, key, least], model.open(key, least));
    } else if (model.has(key)) {
      const expected = verb === 'create' ? 'EEXIST' : model.open(key, size);
      await this.#ask(actor, [verb, key, size], expected);
    } else {
      const id = Number(await this.#ask(actor, [verb, key, size]));
      adoptSegmentId(id);
      const isNew = model.made(key, size, id);
      expect({ seed: this.seed, verb, id, isNew }).toMatchObject({ isNew: true });
      this.#ids.push(id);
    }
  }

  async #control(actor: Actor): Promise<void> {
    const id = this.#anyId();
    if (id === undefined) return;
    if (this.#random.chance(0.15)) await this.#ask(actor, ['remove', id], this.#model.remove(id));
    else await this.#ask(actor, ['status', id], this.#model.status(id));
  }

  async #attach(actor: Actor, index: number): Promise<void> {
    const id = this.#anyId();
    if (id === undefined) return;
    const readOnly = this.#random.chance(0.3);
    const expected = this.#model.attach(id, actor.peer.pid);
    if (expected !== 'EINVAL') actor.places[index] = { id, readOnly };
    await this.#ask(actor, ['attach', index, id, readOnly ? 1 : 0], expected);
  }

  async #touch(actor: Actor, index: number, attached: Attached): Promise<void> {
    const at = this.#random.oneOf([0, this.#model.sizeOf(attached.id) - 1]);
    const byte = this.#random.below(256);
    const expected = {
      write: () => this.#model.write(attached, at, byte),
      add: () => this.#model.add(attached, at),
      read: () => this.#model.read(attached, at),
    };
    const verb = this.#random.oneOf(['write', 'add', 'read', 'read'] as const);
    await this.#ask(actor, [verb, index, at, byte], expected[verb]());
  }

  /** The end of a process detaches all that it had attached. */
  async #kill(actor: Actor, isReplaced = true): Promise<void> {
    const { pid } = actor.peer;
    actor.peer.kill('SIGKILL');
    const { signal, stderr } = await soon('a death', actor.peer.ended);
    expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
    for (const attached of actor.places) {
      if (attached !== undefined) this.#model.detach(attached.id, pid);
    }
    this.counts.set('killed', (this.counts.get('killed') ?? 0) + 1);
    if (isReplaced) Object.assign(actor, await start(actor.kind));
  }

  /** Mostly one that is there. */
  #anyId(): number | undefined {
    const ids = this.#random.chance(0.8) ? this.#model.ids : this.#ids.slice(-50);
    return ids.length === 0 ? undefined : this.#random.oneOf(ids);
  }
}
