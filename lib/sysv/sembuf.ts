/**
 * Where the struct sembufs of a call lie: three numbers of 16 bits each. The memory is registered
 * with the addon once; a wait copies what it needs.
 */

import { native } from '../native';

export const WORDS_PER_SEMBUF = 3;

/** SEMOPM is 500 by default: enough for any call, unless somebody has raised it. */
let words = new Uint16Array(500 * WORDS_PER_SEMBUF);

/** The addon's address of the slab. */
export const SEMBUFS = native.registerSlab(words);

/** The memory, with room for so many operations. */
export function sembufs(count: number): Uint16Array {
  if (words.length < count * WORDS_PER_SEMBUF) {
    words = new Uint16Array(count * WORDS_PER_SEMBUF);
    native.replaceSlab(SEMBUFS, words);
  }
  return words;
}
