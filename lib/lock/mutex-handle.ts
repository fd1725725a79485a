import { native } from '../native';

/** Handles that nobody closed, and nobody refers to any more. */
const forgotten = new FinalizationRegistry<number>((handle) => {
  native.mutexClose(handle);
});

/** An open mutex of the addon: closed when its last user lets go of it, or is forgotten. */
export class MutexHandle {
  readonly number: number;
  /** The name, with its leading slash; undefined for one in a mapping. */
  readonly name: string | undefined;
  #users = 1;

  constructor(number: number, name: string | undefined) {
    this.number = number;
    this.name = name;
    forgotten.register(this, number, this);
  }

  keep(): void {
    this.#users++;
  }

  letGo(): void {
    if (--this.#users > 0) return;
    forgotten.unregister(this);
    native.mutexClose(this.number);
  }
}
