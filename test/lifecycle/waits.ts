/** Waits that one process begins together, as the process sees them that has made the objects. */

import { untilBlockedIn, untilWordsAwaited } from '../support/blocked';
import { startNode } from '../support/processes';
import { inheritance } from './held';
import { removeQuietly } from './remove-quietly';
import type { Subject, Task, WaitingOperation } from './waiting-operation';

type Peer = ReturnType<typeof startNode>;

const firstInherited = 3;

export class Waits {
  readonly #all: readonly { operation: WaitingOperation; subject: Subject }[];

  constructor(operations: readonly WaitingOperation[]) {
    this.#all = operations.map((operation) => ({ operation, subject: operation.create() }));
  }

  /** A process that opens the objects; what has no name it inherits. */
  open(scene: string): Peer {
    const inherited: number[] = [];
    const tasks = this.#all.map(({ operation, subject: { id } }): Task => {
      const from = firstInherited + inherited.length;
      inherited.push(...inheritance(id));
      const to = firstInherited + inherited.length;
      const descriptors = Array.from({ length: to - from }, (_, i) => from + i);
      return { operation: operation.name, id, descriptors };
    });
    return startNode('waiter', [scene, JSON.stringify(tasks)], {}, inherited);
  }

  /** A process that waits on the objects, and has reached each one's system call. */
  async start(scene: string): Promise<Peer> {
    const peer = this.open(scene);
    for (const { operation, subject } of this.#all) {
      await untilBlockedIn(operation.call, peer.pid, subject.id);
    }
    const ofWords = this.#all.filter(({ operation }) => operation.call === 'futex_waitv');
    await untilWordsAwaited(peer.pid, ofWords.length);
    return peer;
  }

  satisfy(): void {
    for (const { subject } of this.#all) subject.satisfy();
  }

  /** Destroys what is left of the objects. */
  remove(): void {
    removeQuietly(new Set(this.#all.map(({ subject }) => subject)));
  }

  expectServed(): void {
    this.#expect(({ operation, subject }) => {
      expect(subject.contents()).toEqual(operation.contents.served);
    });
  }

  /** Nothing was lost or doubled, nobody is left who would take something, and the objects work. */
  expectUntouched(): void {
    this.#expect(({ operation, subject }) => {
      expect(subject.contents()).toEqual(operation.contents.untouched);
      subject.satisfy();
      expect(subject.contents()).toEqual(operation.contents.unserved);
    });
  }

  /** Served in the instant of the end: what is taken out must be back; what is put in may be in. */
  expectNothingLost(): void {
    this.#expect(({ operation: { contents, gives }, subject }) => {
      const may = gives ? [contents.unserved, contents.served] : [contents.unserved];
      expect(may).toContainEqual(subject.contents());
    });
  }

  #expect(check: (one: { operation: WaitingOperation; subject: Subject }) => void): void {
    for (const one of this.#all) {
      try {
        check(one);
      } catch (error) {
        if (error instanceof Error) error.message = `${one.operation.name}: ${error.message}`;
        throw error;
      }
    }
  }
}
