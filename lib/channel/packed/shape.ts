/** What reads the values of an object, in the order of its keys. */
export interface Values {
  value: (depth: number) => unknown;
}

type Make = (values: Values, depth: number) => object;

/** For how many more kinds of objects code may be made: whoever sends could ask for it without end. */
export interface Budget {
  left: number;
}

/** So many objects of a kind are made before code is made that makes them. */
const fewObjects = 64;
/** Only for objects of so many fields. */
const mostKeys = 64;

/** Objects with the same keys. */
export class Shape {
  readonly #keys: readonly string[];
  readonly #budget: Budget;
  #template: Record<string, unknown> | undefined;
  #made = 0;
  #make: Make | undefined;

  constructor(keys: readonly string[], budget: Budget) {
    this.#keys = keys;
    this.#budget = budget;
  }

  object(values: Values, depth: number): object {
    return this.#make === undefined ? this.#copy(values, depth) : this.#make(values, depth);
  }

  /**
   * All keys are its own from the beginning, whatever they are called: no setter is met. The values come
   * first: an object of many keys, in one of many keys, and so on, would take memory for what is not there.
   */
  #copy(values: Values, depth: number): object {
    const keys = this.#keys;
    const all: unknown[] = [];
    for (let i = 0; i < keys.length; i++) all.push(values.value(depth));
    this.#template ??= Object.fromEntries(keys.map((key) => [key, undefined]));
    const object = { ...this.#template };
    let i = 0;
    for (const key of keys) object[key] = all[i++];
    if (++this.#made === fewObjects) this.#specialise();
    return object;
  }

  #specialise(): void {
    if (this.#keys.length > mostKeys || this.#budget.left === 0) return;
    this.#budget.left--;
    this.#make = makerOf(this.#keys);
  }
}

/** Whether code may be made; it must not under --disallow-code-generation-from-strings. */
let isAllowed = true;

/**
 * A literal makes an object several times faster than a loop over its keys. In its code the keys are
 * string literals, which JSON's are; a key in brackets is an own one also where it is `__proto__`.
 */
function makerOf(keys: readonly string[]): Make | undefined {
  if (!isAllowed) return undefined;
  const field = (key: string): string => {
    const text = JSON.stringify(key);
    return `${key === '__proto__' ? `[${text}]` : text}: values.value(depth)`;
  };
  try {
    return globalThis.eval(`(values, depth) => ({ ${keys.map(field).join()} })`) as Make;
  } catch {
    isAllowed = false;
    return undefined;
  }
}
