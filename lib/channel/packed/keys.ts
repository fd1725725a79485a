/** Objects with more keys are tables: the next one has others, and is not recognised anyway. */
const mostRecognised = 64;

/** So many lists are remembered. */
const mostLists = 4096;

/** How many there are. */
interface Count {
  lists: number;
}

/**
 * A list of keys: the one before it, and one key more. Who walks through the keys of an object goes
 * from list to list, and so arrives at that of all of them; where the object is of a kind that was met
 * before, by comparing pointers.
 */
export class Keys {
  /** Which one it is in the message that is being packed; -1: it is not in it. */
  number = -1;
  /** The last message whose first list this was: its lists, and how they are written. */
  listing: Listing | undefined;

  readonly #count: Count;
  readonly #before: Keys | undefined;
  readonly #key: string;
  readonly #length: number;
  #lastKey: string | undefined;
  #last: Keys | undefined;
  #others: Map<string, Keys> | undefined;
  #json: string | undefined;

  private constructor(count: Count, before?: Keys, key = '') {
    this.#count = count;
    this.#before = before;
    this.#key = key;
    this.#length = before === undefined ? 0 : before.#length + 1;
  }

  /** No keys: where every walk begins. */
  static none(): Keys {
    return new Keys({ lists: 0 });
  }

  /** Whether no more are remembered: who begins anew forgets those that are not used any more. */
  get isFull(): boolean {
    return this.#count.lists >= mostLists;
  }

  with(key: string): Keys {
    return key === this.#lastKey ? (this.#last as Keys) : this.#find(key);
  }

  #find(key: string): Keys {
    let found = this.#others?.get(key);
    if (found === undefined) {
      found = new Keys(this.#count, this, key);
      if (this.isFull || this.#length >= mostRecognised) return found;
      this.#count.lists++;
      this.#others ??= new Map();
      this.#others.set(key, found);
    }
    this.#lastKey = key;
    this.#last = found;
    return found;
  }

  get json(): string {
    return (this.#json ??= JSON.stringify(Keys.#list(this)));
  }

  static #list(all: Keys): string[] {
    const keys: string[] = [];
    for (let at = all; at.#before !== undefined; at = at.#before) keys.push(at.#key);
    return keys.reverse();
  }
}

/** Lists of keys as a message has them: JSON, filled up with spaces. */
export class Listing {
  readonly bytes: Buffer;
  readonly #lists: readonly Keys[];

  constructor(lists: readonly Keys[]) {
    const text = Buffer.from(`[${lists.map(({ json }) => json).join()}]`);
    this.bytes = Buffer.alloc((text.length + 3) & ~3, ' ');
    this.bytes.set(text);
    this.#lists = lists;
  }

  /** Whether it is of just the first so many of these. */
  isOf(lists: readonly Keys[], count: number): boolean {
    const own = this.#lists;
    if (own.length !== count) return false;
    for (let i = 0; i < own.length; i++) if (own[i] !== lists[i]) return false;
    return true;
  }
}
