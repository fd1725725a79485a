/** Members in the order in which they came. Coming and going allocate nothing: a Set does, again and again. */

/** What can be in one chain at a time. */
export class Link<T> {
  previous: T | undefined = undefined;
  next: T | undefined = undefined;
}

export class Chain<T extends Link<T>> {
  /** To be read only. A property: each call of a queue looks at it, and a getter takes longer. */
  first: T | undefined = undefined;
  #last: T | undefined = undefined;

  /** It is in no chain. */
  add(one: T): void {
    one.previous = this.#last;
    if (this.#last === undefined) this.first = one;
    else this.#last.next = one;
    this.#last = one;
  }

  /** It is in this chain. */
  remove(one: T): void {
    const { previous, next } = one;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    one.previous = undefined;
    one.next = undefined;
  }

  /** All that are in it now, whatever happens to them meanwhile. */
  all(): T[] {
    const members: T[] = [];
    for (let one = this.first; one !== undefined; one = one.next) members.push(one);
    return members;
  }
}
