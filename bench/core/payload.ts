/** Payloads: a sequence number of four bytes, then a pattern that stands still. As in c/support.c. */

const HEADER = 4;

function patternAt(index: number): number {
  return (index * 7 + 13) & 0xff;
}

interface Slot {
  bytes: Buffer;
  sequence: Uint32Array;
}

function slotOf(size: number): Slot {
  const bytes = Buffer.from(new ArrayBuffer(size));
  for (let i = HEADER; i < size; i++) bytes[i] = patternAt(i);
  return { bytes, sequence: new Uint32Array(bytes.buffer, 0, 1) };
}

/** Makes payloads with rising numbers: up to `slots` at a time; one by one, memory is used again after `ahead` of them. */
export class Source {
  readonly #slots: Slot[];
  readonly #all: Buffer[];
  readonly #ahead: number;
  #sequence = 0;
  #turn = 0;

  constructor(size: number, slots = 1, ahead = slots) {
    this.#ahead = ahead;
    this.#slots = Array.from({ length: slots }, () => slotOf(size));
    this.#all = this.#slots.map(({ bytes }) => bytes);
  }

  next(): Buffer {
    const slot = this.#slots[this.#turn] as Slot;
    this.#turn = this.#turn + 1 === this.#ahead ? 0 : this.#turn + 1;
    return stamped(slot, this.#sequence++);
  }

  /** One that is copied before the next one is made: always in the same memory. */
  nextCopied(): Buffer {
    return stamped(this.#slots[0] as Slot, this.#sequence++);
  }

  /** As many as there are slots, or fewer. */
  nextMany(count: number): Buffer[] {
    for (let i = 0; i < count; i++) stamped(this.#slots[i] as Slot, this.#sequence++);
    return count === this.#all.length ? this.#all : this.#all.slice(0, count);
  }
}

/** So many messages, one behind the other, in memory that has room for them. */
export function joined(source: Source, memory: Buffer, size: number, count: number): Buffer {
  for (let i = 0; i < count; i++) memory.set(source.nextCopied(), i * size);
  return memory.subarray(0, count * size);
}

function stamped(slot: Slot, sequence: number): Buffer {
  slot.sequence[0] = sequence;
  return slot.bytes;
}

/** One payload with a given number, in memory of its own. */
export function payload(size: number, sequence: number): Buffer {
  return stamped(slotOf(size), sequence);
}

/** Takes a payload; `at`: one that lies in other memory, without a view for it. */
export interface Take {
  (data: Uint8Array): void;
  at?: (memory: Uint8Array, offset: number, length: number) => void;
}

/** Takes payloads in the order in which they were made; anything else is a fault of the driver. */
export class Sink {
  readonly #size: number;
  #sequence = 0;
  #wrong = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Verifies every byte. */
  readonly check: Take = (data) => {
    verify(data, this.#size, this.#sequence++, this.#wrong);
  };

  /** For the timed part: length and first byte, as the C programs do. */
  readonly tally: Take = Object.assign(
    (data: Uint8Array) => {
      if (data.length !== this.#size || data[0] !== (this.#sequence & 0xff)) this.#wrong++;
      this.#sequence++;
    },
    {
      at: (memory: Uint8Array, offset: number, length: number) => {
        if (length !== this.#size || memory[offset] !== (this.#sequence & 0xff)) this.#wrong++;
        this.#sequence++;
      },
    },
  );

  finish(): void {
    if (this.#wrong > 0) throw new Error(differing(this.#wrong, 'message'));
  }
}

/** In words: "1 message differs in the timed part". */
export function differing(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? ' differs' : 's differ'} in the timed part`;
}

/** What is wrong after the timed part, with what was wrong there: one that is lost shifts all that follow. */
export function faulty(what: string, wrong: number, of = 'message'): Error {
  return new Error(wrong > 0 ? `${differing(wrong, of)}, and ${what}` : what);
}

/** `wrong`: how many differed before, in the timed part. */
export function verify(data: Uint8Array, size: number, sequence: number, wrong = 0): void {
  const message = `message ${String(sequence)}`;
  if (data.length !== size)
    throw faulty(`${message} of ${String(size)} bytes: got ${String(data.length)}`, wrong);
  const found = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
  if (found !== sequence) throw faulty(`${message}: got number ${String(found)}`, wrong);
  for (let i = HEADER; i < size; i++) {
    if (data[i] !== patternAt(i)) throw faulty(`${message}: byte ${String(i)} is damaged`, wrong);
  }
}
