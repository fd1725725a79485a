import { SystemError } from '../core/error';
import type { Decoded, InPlace } from './codec';
import type { Cursor } from './cursor';
import type { Place } from './place';
import { Reading, type Borrowed, type Message, type MessageInto } from './reading';
import { ClaimedReading } from './claimed-reading';
import { isClaimed } from './shape';

/** What a receiver takes messages from: one ring, or one of each sender. */
export type Source = Pick<
  Reading,
  | 'ready'
  | 'checkFree'
  | 'take'
  | 'takeInto'
  | 'takeValue'
  | 'takeMany'
  | 'each'
  | 'borrow'
  | 'publish'
  | 'end'
>;

/** `receiver`: which one of the channel it is. */
export function sourceOf(place: Place, receiver: number): Source {
  const rings = place.lanes.map((lane) =>
    isClaimed(lane.shape) ? new ClaimedReading(lane, receiver) : new Reading(lane),
  );
  const [first, second] = rings;
  return first !== undefined && second === undefined ? first : new Lanes(rings);
}

/**
 * The rings of several senders, served in turn: whoever has sent is not held up by those who send
 * more. The messages of one sender stay in order.
 */
class Lanes implements Source {
  readonly #rings: readonly Reading[];
  /** Whose turn it is. */
  #next = 0;

  constructor(rings: readonly Reading[]) {
    this.#rings = rings;
    for (const ring of rings) ring.owner = this;
  }

  get ready(): boolean {
    return this.#rings.some(({ ready }) => ready);
  }

  checkFree(): void {
    for (const ring of this.#rings) ring.checkFree();
  }

  take(): Message | undefined {
    return this.#first((ring) => ring.take());
  }

  takeInto(into: Uint8Array): MessageInto | undefined {
    return this.#first((ring) => ring.takeInto(into));
  }

  takeValue(read: InPlace['read']): Decoded | undefined {
    return this.#first((ring) => ring.takeValue(read));
  }

  borrow(): Borrowed | undefined {
    return this.#first((ring) => ring.borrow());
  }

  /** Of each sender the same share at most; then, where some had less, what is there of the others. */
  takeMany(limit: number): Message[] | undefined {
    this.checkFree();
    const all: Message[] = [];
    try {
      for (const most of [Math.ceil(limit / this.#rings.length), limit]) {
        this.#inTurn((ring) => {
          const rest = Math.min(most, limit - all.length);
          const some = rest > 0 ? ring.takeMany(rest) : undefined;
          for (const one of some ?? []) all.push(one);
          return all.length < limit;
        });
      }
    } catch (error) {
      if (all.length === 0) throw error; // else the next call meets it again
    }
    return all.length > 0 ? all : undefined;
  }

  each(callback: (message: Cursor) => void, limit: number, isClosed: () => boolean): number {
    this.checkFree();
    let count = 0;
    this.#inTurn((ring) => {
      count += ring.each(callback, limit - count, isClosed);
      return count < limit && !isClosed();
    });
    return count;
  }

  publish(): void {
    for (const ring of this.#rings) ring.publish();
  }

  end(): void {
    for (const ring of this.#rings) ring.end();
  }

  #first<R>(take: (ring: Reading) => R | undefined): R | undefined {
    this.checkFree();
    let found: R | undefined;
    this.#inTurn((ring) => {
      found = take(ring);
      return found === undefined;
    });
    return found;
  }

  /**
   * Each once, until one answers that it is enough; the one behind it is the next to begin with. So it is where
   * one was overwritten, so that who calls again is given what the others have.
   */
  #inTurn(visit: (ring: Reading) => boolean): void {
    const { length } = this.#rings;
    const first = this.#next;
    for (let i = 0; i < length; i++) {
      const at = (first + i) % length;
      this.#next = (at + 1) % length;
      try {
        if (!visit(this.#rings[at] as Reading)) return;
      } catch (error) {
        if (!isDamage(error)) this.#next = at; // such as too little room for its message
        throw error;
      }
    }
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof SystemError && error.code === 'EBADMSG';
}
