import { cancelWait, whenEnded } from '../core/engine';
import { quick3, quick4 } from '../core/quick';
import { native } from '../native';
import { OWNER } from './layout';
import { isThere, type RingPlace } from './place';

/** FUTEX_WAITERS of linux/futex.h: the kernel wakes somebody when the owner dies. */
const WAITERS = 0x8000_0000 | 0;

/** In the bell of one end: it sleeps, or is about to. */
export const SLEEPS = 1;
/** Never in a bell: who waits for it does not sleep. */
const NEVER = 2;
const everybody = 2 ** 31 - 1;

/** Watches that nobody has ended, and whose channel nobody refers to any more. */
const forgotten = new FinalizationRegistry<readonly Watch[]>((watches) => {
  for (const watch of watches) watch.end();
});

/** Wakes who sleeps there. Called after a position was stored: a system call only if somebody does. */
export function ringIfAsleep(place: RingPlace, bell: number): void {
  if (Atomics.load(place.words, bell) !== 0) ring(place, bell, 0);
}

/**
 * Wakes who sleeps there, without having published: so that it watches the role that was taken. Who
 * is killed amid this leaves the bell to the next one.
 */
export function callIfAsleep(place: RingPlace, bell: number): void {
  if (Atomics.load(place.words, bell) !== 0) ring(place, bell, called());
}

/** Where somebody wakes who sleeps, and has not published: whoever does must ring still. No sleeper writes it. */
function called(): number {
  return 4 + 2 * Math.floor(Math.random() * 2 ** 29);
}

function ring(place: RingPlace, bell: number, becomes: number): void {
  if (isThere(place)) Atomics.store(place.words, bell, becomes);
  quick3(native.futexWake, place.memory, place.byteOffset + 4 * bell, everybody);
}

/**
 * A peer may be killed after it has published and before it rings. Then the kernel wakes who waits
 * for the word of its role, which is this: it rings in its place. The kernel wakes one; that one's
 * thread wakes the others. It may last for ever, so it must not keep the channel from being collected.
 */
class Watch {
  #wait: number | undefined;

  constructor(
    private readonly bell: number,
    private readonly role: number,
  ) {}

  /** Whether the death of who had the role when this began will ring. */
  get isOn(): boolean {
    return this.#wait !== undefined;
  }

  /** `place`: of the bell; the role is in another one, perhaps. */
  begin(place: RingPlace, { words, memory, byteOffset }: RingPlace): void {
    if (this.#wait !== undefined) return;
    const at = this.role >> 2;
    const word = Atomics.load(words, at);
    if ((word & OWNER) === 0) return; // nobody can die; whoever takes the role rings
    const awaited = word | WAITERS;
    // As who arrives at a mutex (docs/mutex.md). If it has changed meanwhile the wait ends at once.
    if (word !== awaited) Atomics.compareExchange(words, at, word, awaited);
    Atomics.add(words, at + 1, 1);
    const wait = native.futexWatchStart(memory, byteOffset + this.role, awaited);
    if (wait < 0) return; // no thread: the wait for the bell fails, too, and says so
    this.#wait = wait;
    const weak = new WeakRef(place);
    whenEnded(wait, () => {
      if (this.#wait === undefined) return;
      this.#wait = undefined;
      const there = weak.deref();
      if (there !== undefined) ring(there, this.bell, called());
    });
  }

  end(): void {
    if (this.#wait === undefined) return;
    cancelWait(this.#wait);
    this.#wait = undefined;
  }
}

/**
 * Whether there is no need to sleep. `isWatched`: whether the death of a peer, of those that the bell
 * was given, will ring; who sleeps because of one that is not watched might sleep for ever.
 */
export type Ready = (isWatched?: (peer: number) => boolean) => boolean;

/** Where one end of a channel sleeps until the other end rings. */
export class Bell {
  readonly #place: RingPlace;
  readonly #word: number;
  readonly #peers: readonly RingPlace[];
  readonly #watches: readonly Watch[];

  /** The index of its word, and where the role of the peer is: in which places, if there are more. */
  constructor(place: RingPlace, word: number, role: number, peers: readonly RingPlace[] = [place]) {
    this.#place = place;
    this.#word = word;
    this.#peers = peers;
    this.#watches = peers.map(() => new Watch(word, role));
    forgotten.register(this, this.#watches, this);
  }

  /** The number of a native wait, or a negated errno. */
  start(ready: Ready): number {
    const { words, memory, byteOffset } = this.#place;
    const asleep = this.asleep(words, this.#word);
    this.#watches.forEach((watch, i) => {
      watch.begin(this.#place, this.#peers[i] ?? this.#place);
    });
    const awaited = ready((peer) => this.#watches[peer]?.isOn === true) ? NEVER : asleep;
    return native.futexWaitStart(memory, byteOffset + 4 * this.#word, awaited);
  }

  /** Blocks this thread: 0, or a negated errno. */
  block(timeout: number, ready: Ready): number {
    const { words, memory, byteOffset } = this.#place;
    const asleep = this.asleep(words, this.#word);
    if (ready()) return 0;
    return quick4(native.futexWaitFor, memory, byteOffset + 4 * this.#word, asleep, timeout);
  }

  /** The thread is awake: nobody needs to ring for it. */
  awake(): void {
    if (isThere(this.#place)) Atomics.store(this.#place.words, this.#word, 0);
  }

  /** Writes that somebody is about to sleep; answers what is there then. */
  protected asleep(words: Int32Array, at: number): number {
    Atomics.store(words, at, SLEEPS);
    return SLEEPS;
  }

  close(): void {
    forgotten.unregister(this);
    for (const watch of this.#watches) watch.end();
  }
}

/** Where many sleep. Only who rings clears it: others may sleep still. */
export class SharedBell extends Bell {
  override awake(): void {
    // At most one ring is for nobody.
  }

  /**
   * A number that was not there before the last ring: who has looked before it, and comes to sleep
   * only after another one has written anew, does not take that for its own.
   */
  protected override asleep(words: Int32Array, at: number): number {
    const own = Math.floor(Math.random() * 2 ** 31) | 1;
    return Atomics.compareExchange(words, at, 0, own) || own;
  }
}
