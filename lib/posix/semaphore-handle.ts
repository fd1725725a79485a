import { native } from '../native';
import { SemaphoreWord } from './semaphore-word';

/** Handles that nobody closed, and nobody refers to any more. */
const forgotten = new FinalizationRegistry<number>((handle) => native.semClose(handle));

/** An open semaphore of the addon: closed when its last user lets go of it, or is forgotten. */
export class SemaphoreHandle {
  readonly number: number;
  readonly #word: SemaphoreWord;
  #users = 1;

  constructor(number: number) {
    this.number = number;
    this.#word = new SemaphoreWord(number);
    forgotten.register(this, number, this);
  }

  /** Takes one, where that needs no call; if it does not, it is not said why. */
  take(): boolean {
    return this.#word.take();
  }

  /** sem_trywait(3): 0 or a negated errno. */
  trywait(): number {
    return this.#word.take() ? 0 : native.semTrywait(this.number);
  }

  /** sem_post(3): 0 or a negated errno. */
  post(): number {
    return this.#word.give() ? 0 : native.semPost(this.number);
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
