/**
 * A driver teaches the scenarios one way of talking: a file in bench/drivers/ that exports `open`.
 *
 * A form is one spelling of the same work, such as `sendSync`. It owns its loop, so that nothing
 * of the benchmark stands between the loop and the library.
 */

import type { Params } from './params';
import { Source, type Take } from './payload';
import type { TakeThing, Thing } from './things';

export type Maybe<T> = T | Promise<T>;

/** Moves so many messages, and hands over each that arrives. */
export type Moves = (count: number, take: Take) => Maybe<void>;

/** As `Take`, with the type of each. */
export interface TakeTyped {
  (data: Uint8Array, type: number): void;
  at?: (memory: Uint8Array, offset: number, length: number, type: number) => void;
}

export type MovesTyped = (take: TakeTyped, more: () => boolean) => Promise<void>;

/** Sends so many messages, or echoes so many. */
export type Works = (count: number) => Maybe<void>;

/** Makes so many objects, and sends them. */
export type SendsObjects = (count: number, make: () => Thing) => Maybe<void>;

export type MovesObjects = (count: number, take: TakeThing) => Maybe<void>;

/** One round trip. */
export type Call =
  | { blocking: true; call: (payload: Buffer) => Uint8Array }
  | { blocking: false; call: (payload: Buffer) => Promise<Uint8Array> };

/** Requests that do not wait for each other. */
export interface Flight {
  /** A promise where it has to wait for room. */
  send: (payload: Buffer) => Promise<unknown> | undefined;
  /** The answers, in the order of the requests. */
  move: Moves;
}

/** Receives that are left pending; `select` numbers the selectors from 1. */
export interface Pending {
  receive: (select: number) => Promise<Uint8Array>;
  send: (payload: Buffer, select: number) => void;
}

/** Its own work, so many times. */
export type Repeats = (params: Params) => Works;

export interface Forms {
  /**
   * Whether it has read a payload when its call has returned, or its promise is resolved: then all are
   * made in the same memory, as in C. Else many are made before theirs is used again.
   */
  copies?: boolean;
  /** One process: sends each message and takes it back, `batch` of them per call. */
  pair?: Record<string, (source: Source, batch: number) => Moves>;
  send?: Record<string, (source: Source, batch: number) => Works>;
  receive?: Record<string, () => Moves>;
  sendTyped?: Record<string, (source: Source, type: number) => Works>;
  /** Receives as long as there is to be more. */
  receiveTyped?: Record<string, MovesTyped>;
  /** One sends each message to so many, each of whom moves all of them. */
  fanOut?: Record<string, (source: Source, receivers: number) => Works>;
  fanIn?: Record<string, () => Moves>;
  sendObjects?: Record<string, () => SendsObjects>;
  receiveObjects?: Record<string, () => MovesObjects>;
  call?: Record<string, () => Call>;
  serve?: Record<string, () => Works>;
  flight?: Record<string, () => Maybe<Flight>>;
  pending?: Record<string, () => Pending>;
  repeat?: Record<string, Repeats>;
  /** Lets go of what would keep the process alive; called when the work is done. */
  end?: () => Maybe<void>;
}

/** As many payloads are made before their memory is used again, at least, where they may still be read. */
const AHEAD = 64;

/** What a form of these sends, up to `batch` at a time. */
export function sourceFor({ copies }: Forms, size: number, batch = 1): Source {
  return copies === true ? new Source(size, batch, 1) : new Source(size, Math.max(batch, AHEAD));
}

export interface Driver {
  open: (address: string) => Forms;
}
