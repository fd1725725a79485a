import { constants } from 'node:fs';

import { check, errnoOf } from '../core/error';
import type { OwnedDescriptor } from '../core/owned-descriptor';
import { native } from '../native';

const EMFILE = -errnoOf('EMFILE');
const ENFILE = -errnoOf('ENFILE');

/**
 * How reads and writes of an end come never to block. O_NONBLOCK belongs to the open file, and so to
 * all who share it: some are not prepared for it, and some take it away, as Node does of what becomes
 * a child's standard input or output. It is set only where nobody else has the file. An end that
 * others have, or are given, is opened a second time; what they have is then as it was.
 */
export class PipeFile {
  readonly #descriptor: OwnedDescriptor;
  #isShared: boolean;
  #isReady = false;
  /** Whether the flag was not there before. */
  #hasBlocked = false;

  constructor(descriptor: OwnedDescriptor, isShared: boolean) {
    this.#descriptor = descriptor;
    this.#isShared = isShared;
  }

  /** Before a call that must not block: what the addon knows it by. */
  ready(): number {
    if (!this.#isReady) this.#makeReady();
    return this.#descriptor.handle;
  }

  /** How many bytes it holds; a negated errno. */
  get capacity(): number {
    return native.pipeCapacity(this.#descriptor.number);
  }

  /** Before somebody else is given the descriptor. */
  share(): void {
    if (this.#isShared) return;
    if (this.#isReady) this.#reopen();
    this.#isShared = true;
  }

  #makeReady(): void {
    if (!this.#isShared || !this.#reopen()) {
      const flags = check(native.statusFlags(this.#descriptor.number), 'fcntl');
      this.#hasBlocked = (flags & constants.O_NONBLOCK) === 0;
      this.#descriptor.setNonblocking();
    }
    this.#isReady = true;
  }

  /** False where it never can be: without /proc, or without the permission that a FIFO asks for. */
  #reopen(): boolean {
    const result = native.pipeReopen(this.#descriptor.handle, this.#hasBlocked);
    if (result === EMFILE || result === ENFILE) check(result, 'open'); // it can be later
    return result === 0;
  }
}
