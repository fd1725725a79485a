import { errnoOf, SystemError } from '../core/error';
import type { Call, Limits } from '../core/lane';
import { Lane } from '../core/lane';
import type { Keeper } from '../core/keeper';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { native } from '../native';

const EINVAL = -errnoOf('EINVAL');
const ENXIO = -errnoOf('ENXIO');

export function fifoFailure(error: number | string, syscall: string, path: string): SystemError {
  const hint = error === EINVAL ? 'it is no FIFO' : undefined;
  return new SystemError(error, syscall, { path, hint });
}

/**
 * Opening a FIFO's ends. Who waits for the other end has a thread of its own, which is in open(2);
 * a descriptor that comes when nobody waits any more is closed.
 */
export class FifoOpener {
  readonly #path: string;
  readonly #keeper: Keeper;
  readonly #lanes = new Set<Lane>();

  constructor(path: string, keeper: Keeper) {
    this.#path = path;
    this.#keeper = keeper;
  }

  /** Ends all waits with the reason. */
  end(reason: () => unknown): void {
    for (const lane of [...this.#lanes]) lane.end(reason);
  }

  /** At once; undefined where that needs a reader that is not there. */
  try(access: number): OwnedDescriptor | undefined {
    this.#keeper.checkOpen();
    const handle = native.fifoOpen(this.#path, access);
    return handle === ENXIO ? undefined : this.#owned(handle);
  }

  /** `tried`: it has just been found that the other end is missing. */
  async open(
    access: number,
    limits: Limits,
    method: unknown,
    tried: boolean,
  ): Promise<OwnedDescriptor> {
    // Only open(2) itself tells whether there is a writer.
    if (limits.timeout === 0 && !tried) return this.openSync(access, 0);
    const lane = new Lane(this.#keeper, () => this.#lanes.delete(lane));
    this.#lanes.add(lane);
    return lane.add(this.#call(access), limits, method, true);
  }

  openSync(access: number, timeout: number): OwnedDescriptor {
    this.#keeper.checkOpen();
    return this.#owned(this.#block(access, timeout));
  }

  #block(access: number, timeout: number): number {
    return native.fifoOpenFor(this.#path, access, timeout);
  }

  #call(access: number): Call<OwnedDescriptor> {
    return {
      attempt: () => undefined,
      start: () => native.fifoOpenWait(this.#path, access),
      block: (timeout) => [this.#block(access, timeout), 0, 0],
      complete: (handle) => this.#owned(handle),
      failure: (error) => this.#failure(error),
    };
  }

  #owned(handle: number): OwnedDescriptor {
    if (handle < 0) throw this.#failure(handle);
    return new OwnedDescriptor(handle);
  }

  #failure(error: number | string): SystemError {
    return fifoFailure(error, 'open', this.#path);
  }
}
