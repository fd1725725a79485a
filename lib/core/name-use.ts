import { native } from '../native';
import { check, errnoOf } from './error';

const hints = new Map([
  [-errnoOf('EBUSY'), 'somebody holds an exclusive lock of what is temporary'],
]);

/** Uses of what was dropped without close. */
const dropped = new FinalizationRegistry<number>((handle) => {
  native.shmNameLeave(handle);
});

/**
 * The use of the name of a temporary object: the last one that ends removes the name. It ends at the
 * latest when it was forgotten, or with the environment (the process, a worker); not by SIGKILL.
 */
export class NameUse {
  readonly #handle: number;
  #isOver = false;

  /**
   * `fd`: of an object that has this name, or is going to have it. From now on the last one who ends
   * does not remove it; whether that has happened before is for the caller to see.
   *
   * Errors: EMFILE, EBUSY (who removes a name has a lock for an instant; somebody has one for a second).
   */
  constructor(fd: number, name: string) {
    const handle = native.shmNameUse(fd, name);
    this.#handle = check(handle, 'flock', { path: name, hint: hints.get(handle) });
    dropped.register(this, handle, this);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    dropped.unregister(this);
    native.shmNameLeave(this.#handle);
  }
}
