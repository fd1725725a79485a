/** A file in which processes count under a lock of it; see test/fixtures/file-ledger-peer.c. */

import { readFileSync } from 'node:fs';

export const OWNER = 0;
export const DEATHS = 1;
export const COMMITTED = 2;
export const SLOTS = 8;
export const OWN = 16;
export const WORDS = 24;

export const places = OWN - SLOTS;

export interface FileLedger {
  /** Who is in the section; 0: nobody. */
  owner: number;
  /** How many were found to have died in it. */
  deaths: number;
  committed: number;
  /** By each place, as it was written together with their sum. */
  slots: number[];
  /** The same, as each place counts it. */
  own: number[];
}

export const emptyLedger = Buffer.alloc(WORDS * 8);

/** Not for who holds a POSIX lock of the file in this process: it opens and closes it. */
export function readLedger(path: string): FileLedger {
  const bytes = readFileSync(path);
  const words = Array.from({ length: WORDS }, (_, i) => Number(bytes.readBigInt64LE(8 * i)));
  const [owner = 0, deaths = 0, committed = 0] = words;
  return { owner, deaths, committed, slots: words.slice(SLOTS, OWN), own: words.slice(OWN) };
}
