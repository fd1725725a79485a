import { native } from '../native';

/** Handles that nobody closed, and nobody refers to any more. */
const forgotten = new FinalizationRegistry<number>((handle) => native.semClose(handle));

/** An open semaphore of the addon: closed when its last user lets go of it, or is forgotten. */
export class SemaphoreHandle {
  readonly number: number;
  #users = 1;

  constructor(number: number) {
    this.number = number;
    forgotten.register(this, number, this);
  }

  keep(): void {
    this.#users++;
  }

  letGo(): void {
    if (--this.#users > 0) return;
    forgotten.unregister(this);
    native.semClose(this.number);
  }
}
