import { native } from '../native';
import { check, outOfRange } from './error';
import { boolean, integer, optionsOf } from './options';

/** How a descriptor is taken that somebody else has opened. */
export interface FromFdOptions {
  /**
   * The descriptor is closed with the object, and must be nobody else's. Default true; else the
   * object has a copy of its own.
   */
  own?: boolean | undefined;
}

/** Closes descriptors whose objects were dropped without close. */
const dropped = new FinalizationRegistry<number>((handle) => {
  native.descriptorClose(handle);
});

/**
 * A descriptor that an object of this package owns: closed once, at the latest when the object was
 * forgotten or the environment (the process, a worker) ends. It is close-on-exec.
 */
export class OwnedDescriptor {
  /** What the addon knows it by. */
  readonly handle: number;
  /** What the kernel knows it by. */
  readonly number: number;
  #open = true;

  /** Of a handle that the addon has just given: what it opens belongs to the environment at once. */
  constructor(handle: number, number = native.descriptorNumber(handle)) {
    this.handle = handle;
    this.number = number;
    dropped.register(this, handle, this);
  }

  /** Takes over what somebody else has opened. Errors: EBADF. */
  static adopt(fd: number): OwnedDescriptor {
    return new OwnedDescriptor(check(native.descriptorAdopt(fd), 'fcntl', { fd }), fd);
  }

  /** A copy of somebody else's. Errors: EBADF, EMFILE. */
  static copyOf(fd: number): OwnedDescriptor {
    return new OwnedDescriptor(check(native.descriptorDuplicate(fd), 'fcntl', { fd }));
  }

  /** Calls on it never block from now on, those of others who share its open file included. */
  setNonblocking(): void {
    check(native.setNonblocking(this.handle), 'fcntl');
  }

  close(): void {
    if (this.#forget()) native.descriptorClose(this.handle);
  }

  /** Lets go of it, still open. */
  release(): void {
    if (this.#forget()) native.descriptorRelease(this.handle);
  }

  #forget(): boolean {
    const open = this.#open;
    this.#open = false;
    dropped.unregister(this);
    return open;
  }
}

/**
 * Takes a descriptor that a caller gives. `examine` throws where it is not of the right kind; then
 * it stays the caller's.
 */
export function descriptorOf(
  fd: number,
  options: FromFdOptions | undefined,
  examine: (fd: number) => unknown,
): OwnedDescriptor {
  const number = integer('fd', fd, 0, 2 ** 31 - 1);
  const { own = true } = optionsOf(options);
  boolean('options.own', own);
  examine(number);
  if (own && native.descriptorIsOwned(number)) {
    const expected =
      'a descriptor that no object owns (own: false makes a copy; detach() hands over)';
    throw outOfRange('fd', expected, number);
  }
  return own ? OwnedDescriptor.adopt(number) : OwnedDescriptor.copyOf(number);
}
