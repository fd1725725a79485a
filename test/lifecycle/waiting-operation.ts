/** The shape of a row of the lifecycle table: one way of waiting. Programs in test/fixtures use it too. */

import type { BlockingCall } from '../support/blocked';

export interface Limits {
  timeout?: number;
  signal?: AbortSignal;
}

/** A kernel object on which the operation has to wait, as one process or thread has opened it. */
export interface Subject {
  readonly id: number;
  /** The package's object, for tests of what becomes of it. */
  readonly object: object;
  /** Begins to wait; a sync form returns only when the wait is over. */
  wait(limits?: Limits): Promise<unknown>;
  /** Lets one wait end well, as a peer would. */
  satisfy(): void;
  /** What lies in the object now: nothing may be lost, nothing may be doubled. */
  contents(): string[];
  /** Ends this object's waits, and leaves what is in the kernel. */
  close(): void;
  /** Destroys what is in the kernel. */
  remove(): void;
  /** Lets the process end while this object's waits are pending. */
  unref(): void;
}

/** What `contents()` is to be. */
export interface Contents {
  /** Nothing has happened yet, but perhaps a wait that took nothing. */
  untouched: string[];
  /** `satisfy()` was called, and no wait had anything of it. */
  unserved: string[];
  /** `satisfy()` was called, and one wait ended well. */
  served: string[];
}

export interface WaitingOperation {
  readonly name: string;
  /** `sync` blocks the calling thread. */
  readonly form: 'promise' | 'sync';
  readonly takes: readonly ('timeout' | 'signal')[];
  /** Whether a wait puts something into the object, instead of taking something out of it. */
  readonly gives: boolean;
  /** The system call that a thread sleeps in meanwhile. */
  readonly call: BlockingCall;
  /** The error that ends a wait when the object is removed; undefined where the wait goes on. */
  readonly removal: string | undefined;
  readonly contents: Contents;
  /** It differs from another row only in what it selects: a process of its own tells nothing new. */
  readonly variant: boolean;
  /** No object waits: it cannot be closed, forgotten, or let the process end. */
  readonly belongsToNothing?: boolean;
  /** Those who wait serve each other, and are told when one of them dies. */
  readonly isMutual?: boolean;
  /** How `wait()` ends when its object is closed: for iterators, with this value. */
  readonly closedValue?: unknown;
  create(): Subject;
  open(id: number): Subject;
}

/** What test/fixtures/waiter is told of each; `descriptors`: those that it has inherited for it. */
export interface Task {
  operation: string;
  id: number;
  descriptors: number[];
}
