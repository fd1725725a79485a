/**
 * Campaigns that may be interrupted, and go on later: with POSIX_IPC_CAMPAIGN_STATE=FILE the file keeps
 * what was done and checked, and the next run does the rest.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const file = process.env['POSIX_IPC_CAMPAIGN_STATE'];

/** What is done between two entries in the file. */
const atOnce = 200;

/** Numbers that add up, but for the longest. */
export interface Tally {
  killed: number;
  /** In ms. */
  longest: number;
  [what: string]: number;
}

function saved(): Record<string, Tally> {
  if (file === undefined || !existsSync(file)) return {};
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Tally>;
}

function save(name: string, tally: Tally): void {
  if (file === undefined) return;
  writeFileSync(file, `${JSON.stringify({ ...saved(), [name]: tally }, undefined, 2)}\n`);
}

function together(one: Tally, other: Tally): Tally {
  const sum = { ...one };
  for (const [what, number] of Object.entries(other)) sum[what] = (sum[what] ?? 0) + number;
  return { ...sum, longest: Math.max(one.longest, other.longest) };
}

/** So many kills, in parts, each of which is checked by itself; those of earlier runs count. */
export async function inParts(
  name: string,
  kills: number,
  part: (kills: number) => Promise<Tally>,
): Promise<Tally> {
  let all = saved()[name] ?? { killed: 0, longest: 0 };
  while (all.killed < kills) {
    all = together(all, await part(Math.min(kills - all.killed, atOnce)));
    save(name, all);
  }
  return all;
}

/** For a report: all but the longest, in words. */
export function wordsOf({ longest, ...sums }: Tally): string {
  const parts = Object.entries(sums).map(([what, number]) => `${String(number)} ${what}`);
  return `${parts.join(', ')}; at most ${longest.toFixed()} ms without progress`;
}
