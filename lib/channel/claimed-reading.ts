import { ringIfAsleep } from './bell';
import { copyOut } from './copy';
import {
  COUNT,
  GUARDS,
  RECORD_HEADER,
  recordSize,
  RING,
  RING_WORD,
  SENDER_BELL,
  TAIL,
  WRAP,
} from './layout';
import { checkThere, damaged, gone, isThere, placeAt, type Place } from './place';
import { ownMemory } from './own-memory';
import { lookAt } from './position';
import { isRecord, Reading } from './reading';

/** Whoever comes first so often in a row is no peer: it overwrites the memory. */
const mostTries = 1 << 16;
/** Other receivers may well come first: all that one has copied in vain went to them. */
const triesAmongOthers = 64;

/**
 * Where not only this receiver takes messages away: other receivers do, or the sender, to make room.
 *
 * A message is copied into memory of this process, and then claimed: TAIL is moved from its
 * beginning to its end, by compare-and-exchange. Who moves TAIL from the beginning of a record has
 * that record, and only then may the sender write there; so a copy that was spoilt meanwhile is never
 * claimed. What is claimed is received: whoever is killed then has lost it. The words of TAIL would
 * have to go round by exactly 4 GiB between the copy and the exchange to be mistaken.
 */
export class ClaimedReading extends Reading {
  /** Whether a message is claimed, and not yet given to anybody: `position` is at its beginning. */
  #holds = false;
  readonly #isAmongOthers: boolean;
  /** Where the sender sees what this one copies, so that it keeps the memory for it; -1: it does always. */
  readonly #guard: number;
  /** Without capacity, where this one says that a call waits. */
  readonly #waits: Int32Array | undefined;

  /** `receiver`: which one of the channel it is. */
  constructor(place: Place, receiver: number) {
    super(place, privateCopy(place));
    this.#isAmongOthers = place.shape.receivers > 1;
    this.#guard = place.shape.segment > 0 ? GUARDS + receiver : -1;
    this.#waits = place.shape.rendezvous > 0 ? place.slots[receiver]?.waits : undefined;
    this.#unguard(); // the last one may have been killed
  }

  override get ready(): boolean {
    return this.#holds || super.ready;
  }

  override checkFree(): void {
    super.checkFree();
    checkThere(this.bytes);
  }

  override publish(): void {
    // What is claimed is published.
  }

  protected override load(): number {
    return this.#holds ? (this.seen - this.position) | 0 : this.noted(lookAt(this.place, this));
  }

  protected override find(): number {
    // A callback may have taken either: what is claimed could not be given, or nothing be looked for.
    checkThere(this.bytes);
    checkThere(this.place);
    const tries = this.#isAmongOthers ? triesAmongOthers : mostTries;
    for (let i = 0; i < tries; i++) {
      if (this.#holds) return 0;
      const available = this.look();
      if (available === 0) return -1;
      this.#claim(available);
    }
    if (this.#isAmongOthers) return -1; // whoever waits tries again
    throw damaged(this.place);
  }

  protected override pass(length: number): void {
    this.#holds = false;
    this.position = (this.position + recordSize(length)) | 0;
  }

  /** Claims the record at `position`, if nobody else does. */
  #claim(available: number): void {
    if (this.#guard < 0) {
      this.#claimHere(available);
    } else if (this.#isGuarded()) {
      try {
        this.#claimHere(available);
      } finally {
        this.#unguard();
      }
    }
  }

  /**
   * The sender loads TAIL, then the guards; here the guard is stored, then TAIL is loaded, all
   * sequentially consistent: either it is seen that somebody else has the record, or the sender sees that
   * its memory is needed.
   */
  #isGuarded(): boolean {
    const { words, position } = this;
    Atomics.store(words, this.#guard, position | 1);
    const isFirst = Atomics.load(words, TAIL) === position;
    if (!isFirst) this.#unguard();
    return isFirst;
  }

  #unguard(): void {
    if (this.#guard >= 0 && isThere(this.place)) Atomics.store(this.words, this.#guard, 0);
  }

  #claimHere(available: number): void {
    const { words, place, position } = this;
    const at = placeAt(place, position);
    const within = position & (place.piece - 1);
    const toEnd = place.piece - within;
    const length = words[RING_WORD + (at >> 2)];
    if (length === undefined) throw gone(place);
    if (length === WRAP && within !== 0 && toEnd <= available) {
      this.#moveTail(toEnd); // or somebody else has
      return;
    }
    const type = words[RING_WORD + (at >> 2) + 1] ?? 0;
    if (!isRecord(words, at, available, length, type)) {
      if (Atomics.load(words, TAIL) === position) throw damaged(place);
      return; // somebody else has it, and the sender has written over it
    }
    copyOut(place, at + RECORD_HEADER, this.bytes.ring, length);
    if (!this.#takeAway(length)) return;
    Atomics.add(words, TAIL + COUNT, 1);
    this.foundLength = length;
    this.foundType = type;
    this.#holds = true;
  }

  /**
   * The sender loads TAIL, then whether a call waits: where it finds the message taken, none does any
   * more; the next one in line says so anew when it begins to wait.
   */
  #takeAway(length: number): boolean {
    const waits = this.#waits;
    const awaited = waits === undefined ? 0 : Atomics.exchange(waits, 0, 0);
    const isFirst = this.#moveTail(recordSize(length));
    if (!isFirst && waits !== undefined) Atomics.store(waits, 0, awaited);
    return isFirst;
  }

  #moveTail(by: number): boolean {
    const from = this.position;
    const isFirst = Atomics.compareExchange(this.words, TAIL, from, (from + by) | 0) === from;
    if (isFirst) ringIfAsleep(this.place, SENDER_BELL);
    return isFirst;
  }
}

/** As long as the channel's memory; the kernel gives what is touched. */
function privateCopy(place: Place): Place {
  const memory = ownMemory(RING + place.capacity, place);
  const words = new Int32Array(memory);
  return { ...place, words, ring: Buffer.from(memory, RING), buffer: memory, ringAt: RING };
}
