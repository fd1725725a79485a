/** What became of the messages of a storm: numbered in lines, one for each sender and type. */

import { readdirSync } from 'node:fs';
import path from 'node:path';

import { readRecord, type Taken } from './record';
import type { startNode } from '../support/processes';

type Peer = ReturnType<typeof startNode>;

/** All that was written to files that begin with this. */
export function recordsOf(prefix: string): Taken[] {
  const folder = path.dirname(prefix);
  return readdirSync(folder)
    .filter((name) => name.startsWith(path.basename(prefix)))
    .flatMap((name) => readRecord(path.join(folder, name)));
}

/** Each message of so many lines, each of one length, was taken once. */
export function expectEachOnce(taken: readonly Taken[], lines: number, length: number): void {
  const counts = new Map<string, Uint8Array>();
  for (const { sender, type, sequence } of taken) {
    const line = `sender ${String(sender)}, type ${String(type)}`;
    const seen = counts.get(line) ?? new Uint8Array(length);
    counts.set(line, seen);
    const count = seen[sequence];
    if (count === undefined) throw new Error(`${line}: ${String(sequence)} was never sent`);
    seen[sequence] = count + 1;
  }
  expect(counts.size).toBe(lines);
  for (const [line, seen] of counts) {
    expect({ line, lost: seen.filter((count) => count === 0).length }).toEqual({ line, lost: 0 });
    expect({ line, twice: seen.filter((count) => count > 1).length }).toEqual({ line, twice: 0 });
  }
}

/** Who takes one message after the other takes them in the order in which they were sent. */
export function expectInOrder(taken: readonly Taken[]): void {
  const last = new Map<string, number>();
  for (const { taker, sender, type, sequence } of taken) {
    const line = `${taker} sender ${String(sender)} type ${String(type)}`;
    const before = last.get(line) ?? -1;
    if (sequence <= before) throw new Error(`${line}: ${String(sequence)} after ${String(before)}`);
    last.set(line, sequence);
  }
}

/** Rejects if one of them ends. */
export async function diedEarly(peers: readonly Peer[]): Promise<never> {
  const { stderr } = await Promise.race(peers.map((peer) => peer.ended));
  throw new Error(`a receiver has ended: ${stderr}`);
}
