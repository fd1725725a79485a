/** posix-ipc: a condition under a mutex. The address is the memory's name. */

import type { lock } from 'posix-ipc';
import type { Driver } from '../core/driver';
import { exchange, type Wakes } from '../core/exchange';
import { Locks, WORD } from '../core/locks';
import { REPLY, REQUEST, Slots } from '../core/slots';

/** Whose turn it is. Both have the mutex from the request to the reply, but while they wait. */
class Turn implements Wakes {
  readonly #locks: Locks;
  #guard: lock.MutexGuard | undefined;

  constructor(locks: Locks) {
    this.#locks = locks;
  }

  send(type: number): void {
    if (type === REQUEST) this.#guard = this.#locks.mutex.lockSync();
    this.#give(type);
  }

  async sendLater(type: number): Promise<void> {
    this.#guard = await this.#locks.mutex.lock();
    this.#give(type);
  }

  receiveSync(type: number): void {
    const { mutex, condition } = this.#locks;
    if (type === REQUEST) this.#guard = mutex.lockSync();
    const guard = this.#guard as lock.MutexGuard;
    while (this.#isOfOther(type)) condition.waitSync(guard);
    this.#end(type);
  }

  async receive(type: number): Promise<void> {
    const { mutex, condition } = this.#locks;
    if (type === REQUEST) this.#guard = await mutex.lock();
    const guard = this.#guard as lock.MutexGuard;
    while (this.#isOfOther(type)) await condition.wait(guard);
    this.#end(type);
  }

  #isOfOther(type: number): boolean {
    return this.#locks.words[WORD.first] !== type;
  }

  #give(type: number): void {
    this.#locks.words[WORD.first] = type;
    this.#locks.condition.notify(this.#guard as lock.MutexGuard);
    this.#end(type);
  }

  #end(type: number): void {
    if (type === REPLY) (this.#guard as lock.MutexGuard).release();
  }
}

export const open: Driver['open'] = (address) => {
  const slots = Slots.open(address);
  return exchange(slots, new Turn(new Locks(slots.mapping)));
};
