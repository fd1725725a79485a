import { Shape, type Budget } from './shape';

/** So many listings are remembered, as long as this at most. */
const mostListings = 64;
const longest = 1 << 12;
/** Code is made for so many kinds of objects that are remembered. */
const mostCode = 256;

/** Lists of keys that were in a message before. */
interface Known {
  bytes: Buffer;
  words: Int32Array;
  shapes: readonly Shape[];
}

/** Finds the lists of keys of a message among those that were there before. */
export class Listings {
  #last: Known | undefined;
  readonly #known = new Map<number, Known>();
  #budget: Budget = { left: mostCode };

  /** Of so many bytes at an offset. What is there may change meanwhile. Throws SyntaxError, RangeError. */
  find(bytes: Buffer, view: DataView, at: number, length: number): readonly Shape[] {
    if (this.#last !== undefined && isSame(this.#last.words, view, at, length)) {
      return this.#last.shapes;
    }
    const words = new Int32Array(length >> 2);
    const copy = Buffer.from(words.buffer);
    bytes.copy(copy, 0, at, at + length);
    if (length > longest) return shapesIn(copy, { left: 0 });
    const hash = hashOf(copy);
    let found = this.#known.get(hash);
    if (found?.bytes.equals(copy) !== true) {
      if (this.#known.size >= mostListings) this.#forget();
      found = { bytes: copy, words, shapes: shapesIn(copy, this.#budget) };
      this.#known.set(hash, found);
    }
    this.#last = found;
    return found.shapes;
  }

  #forget(): void {
    this.#known.clear();
    this.#budget = { left: mostCode };
  }
}

function isSame(words: Int32Array, view: DataView, at: number, length: number): boolean {
  const count = words.length;
  if (length !== 4 * count) return false;
  for (let i = 0; i < count; i++) {
    if (view.getInt32(at + 4 * i, true) !== words[i]) return false;
  }
  return true;
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c_9dc5 | 0;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return hash;
}

function shapesIn(json: Buffer, budget: Budget): Shape[] {
  const lists: unknown = JSON.parse(json.toString());
  if (!Array.isArray(lists)) throw new RangeError('there are no keys');
  return lists.map((keys: unknown) => {
    if (!isTexts(keys)) throw new RangeError('a key is no text');
    return new Shape(keys, budget);
  });
}

function isTexts(keys: unknown): keys is string[] {
  return Array.isArray(keys) && keys.every((key) => typeof key === 'string');
}
