/** Programs in C and in Node that take part in a broadcast. */

import type { channel } from 'posix-ipc';

import { startC, startNode, type Peer } from './processes';
import { soon } from './wait-until';

export type Language = 'C' | 'Node';

/** What such a program is told, behind the name: see test/fixtures/broadcast-c-peer.c. */
export type Args = [command: string, count?: number, form?: string, waiting?: channel.Waiting];

export function argsOf([command, count = 0, form = 'copy', waiting = 'adaptive']: Args): string[] {
  return [command, String(count), form, waiting];
}

export async function start(
  language: Language,
  one: channel.Broadcast,
  ...args: Args
): Promise<Peer> {
  const all = [one.name, ...argsOf(args)];
  const peer =
    language === 'C' ? await startC('broadcast-c-peer', all) : startNode('broadcast-peer', all);
  expect(await peer.line()).toBe('ready');
  return peer;
}

/** A program in C that fails, or kills itself at a step. */
export async function outcome(one: channel.Broadcast, args: Args, step = ''): Promise<string> {
  const peer = await startC('broadcast-c-peer', [one.name, ...argsOf(args), step]);
  const { stdout, stderr, signal } = await soon('the end', peer.ended);
  return stdout + stderr + (signal ?? '');
}

export function lostBy(stdout: string): number {
  return Number(/lost (\d+)/.exec(stdout)?.[1]);
}
