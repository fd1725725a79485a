/** Processes that work under one lock, and are killed at random instants. */

import { setTimeout as sleep } from 'node:timers/promises';

import type { Peer } from '../support/processes';
import { waitUntil } from '../support/wait-until';
import { below } from './chance';

/** Most victims are of C: a Node process takes longer to start than to die. */
const kinds = ['C', 'C', 'C', 'sync', 'mixed'] as const;

export type Kind = (typeof kinds)[number];

/** How many work at a time. */
export const workers = kinds.length;

export interface Storm {
  kills: number;
  /** The next process of a place takes over from one that was killed. */
  start: (kind: Kind, place: number) => Peer | Promise<Peer>;
  progress: () => number;
  /** The process that seems to have the lock now: every second victim, so that deaths matter. */
  holder: () => number | undefined;
  /** How many deaths came amid the work: more than one in fifty, or there was no storm. */
  torn: () => number;
}

/** Where none of a few kills came amid the work it goes on: up to so many times as many. */
const mostTimes = 20;

/** What came of it. */
export interface Survived {
  killed: number;
  /** For how long nobody went on, at most, in ms. */
  longest: number;
  /** How often that was more than a second. */
  hung: number;
}

/** Kills so many, or more, of which others take the place. */
export async function killStorm(storm: Storm): Promise<Survived> {
  const { kills, start, progress, holder, torn } = storm;
  const peers: Peer[] = [];
  for (const [place, kind] of kinds.entries()) peers.push(await start(kind, place));
  await waitUntil('the storm has begun', () => progress() > 1000);
  let longest = 0;
  let hung = 0;
  let killed = 0;
  for (; killed < kills || (torn() <= kills / 50 && killed < mostTimes * kills); killed++) {
    await sleep(below(8));
    const pid = killed % 2 === 0 ? holder() : undefined;
    const holding = peers.findIndex((peer) => peer.pid === pid);
    const any = below(10) === 0 ? 3 + below(2) : below(3);
    const place = holding < 0 || holding > 2 ? any : holding;
    const victim = peers[place];
    victim?.kill('SIGKILL');
    const before = progress();
    const begin = performance.now();
    await waitUntil('the others go on', () => progress() > before + 10);
    const lasted = performance.now() - begin;
    longest = Math.max(longest, lasted);
    if (lasted > 1000) hung++;
    expect(await victim?.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    peers[place] = await start(kinds[place] ?? 'C', place);
  }
  for (const peer of peers) {
    peer.kill('SIGKILL');
    expect(await peer.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
  }
  return { killed, longest, hung };
}
