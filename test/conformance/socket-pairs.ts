/** Rows about two sockets that are connected: with descriptors, and with objects. */

import { MSG_DONTWAIT } from 'posix-ipc/syscalls';

import { gvisor, type Column, type Row } from './row';
import {
  letterOf,
  MOST_FDS,
  newPair,
  nextWord,
  pairOf,
  Passed,
  saidBy,
  type AnySocket,
  type Kind,
} from './sockets';

/** The row of the C program, what it is about, the result, and the test of gVisor. */
export type Head = [c: string, what: string, expected: string, id?: string];

export interface Plan {
  kind?: Kind;
  /** How many descriptors of pipes there are to pass. Objects then take all that come. */
  count?: number;
}

type Raw = (one: number, other: number, passed: Passed) => unknown;
type ByClass = (one: AnySocket, other: AnySocket, passed: Passed) => unknown;
type Otherwise = Exclude<Column, () => unknown>;

/** The same on a pair of descriptors, and on a pair of objects. */
export function onPair(
  [c, what, expected, id = 'own']: Head,
  { kind = 'seqpacket', count = 0 }: Plan,
  sync: Raw,
  promise: ByClass | Otherwise,
): Row {
  const options = { fds: count === 0 ? 0 : MOST_FDS };
  const column =
    typeof promise === 'function'
      ? (): unknown => promise(...pairOf(kind, options), new Passed(count))
      : promise;
  return gvisor(id, c, what, expected, () => sync(...newPair(kind), new Passed(count)), column);
}

// What comes, as a word.

export function now(fd: number): string {
  return nextWord(fd, MSG_DONTWAIT);
}

export async function next(socket: AnySocket): Promise<string> {
  return saidBy(await socket.receive());
}

export function nextNow(socket: AnySocket): string {
  return saidBy(socket.tryReceive());
}

/** The text of a message, and what comes through the descriptors that came with it. */
export async function seenBy(socket: AnySocket, passed: Passed): Promise<string> {
  return passed.seen(letterOf(await socket.receive()));
}
