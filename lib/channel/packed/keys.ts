/** Objects with more keys are tables: the next one has others, and is not recognised anyway. */
const mostRecognised = 64;

/** So many lists are remembered, and about so many characters of keys, by themselves and as they are written. */
export const mostLists = 4096;
const mostCharacters = 1 << 20;

/** How much is remembered. */
interface Count {
  lists: number;
  characters: number;
}

/**
 * A list of keys: the one before it, and one key more. Who walks through the keys of an object goes
 * from list to list, and so arrives at that of all of them; where the object is of a kind that was met
 * before, by comparing pointers.
 */
export class Keys {
  /** Which one it is in the message that is being packed; -1: it is not in it. */
  number = -1;
  readonly #count: Count;
  readonly #before: Keys | undefined;
  readonly #key: string;
  readonly #length: number;
  #lastKey: string | undefined;
  #last: Keys | undefined;
  #others: Map<string, Keys> | undefined;
  #json: string | undefined;
  /** Of the last message whose first list this was. */
  #listing: Listing | undefined;

  private constructor(count: Count, before?: Keys, key = '') {
    this.#count = count;
    this.#before = before;
    this.#key = key;
    this.#length = before === undefined ? 0 : before.#length + 1;
  }

  /** No keys: where every walk begins. */
  static none(): Keys {
    return new Keys({ lists: 0, characters: 0 });
  }

  /** Whether no more are remembered: who begins anew forgets those that are not used any more. */
  get isFull(): boolean {
    return this.#count.lists >= mostLists || this.#count.characters >= mostCharacters;
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
      this.#count.characters += key.length;
      this.#others ??= new Map();
      this.#others.set(key, found);
    }
    this.#lastKey = key;
    this.#last = found;
    return found;
  }

  get json(): string {
    if (this.#json === undefined) {
      this.#json = JSON.stringify(Keys.#list(this));
      this.#count.characters += this.#json.length;
    }
    return this.#json;
  }

  /** How the first so many of these are written, of which this is the first. */
  listing(lists: readonly Keys[], count: number): Listing {
    if (this.#listing?.isOf(lists, count) !== true) {
      this.#listing = new Listing(lists.slice(0, count));
      this.#count.characters += this.#listing.bytes.length;
    }
    return this.#listing;
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
