/** The two processes of a test with one queue between them, in every pair of languages. */

import { sysv } from 'posix-ipc';

import { startC, startNode, type Peer } from '../support/processes';
import { adoptQueue } from '../support/queues';

export type Language = 'Node' | 'C';

export const directions: [name: string, from: Language, to: Language][] = [
  ['Node to Node', 'Node', 'Node'],
  ['Node to C', 'Node', 'C'],
  ['C to Node', 'C', 'Node'],
];

/** Which methods a Node peer calls; a C peer has but one way. */
export const forms = ['promise', 'sync', 'try', 'into'] as const;
export type Form = (typeof forms)[number];

export const largest = 8192;
export const LONG_MAX = 2n ** 63n - 1n;
export const LONG_MIN = -(2n ** 63n);

export const hex = (data: string | Uint8Array): string => Buffer.from(data).toString('hex') || '-';

/** A message as a peer shows it. */
export const shown = (type: number | bigint, data: string | Uint8Array): string =>
  `${String(type)} ${hex(data)}`;

/** Where two lists begin to differ, for lists that are too long to be shown; undefined if nowhere. */
export function firstDifference(
  got: string[],
  wanted: string[],
): { at: number; got: string | undefined; wanted: string | undefined } | undefined {
  const length = Math.max(got.length, wanted.length);
  for (let at = 0; at < length; at++) {
    if (got[at] !== wanted[at]) return { at, got: got[at], wanted: wanted[at] };
  }
  return undefined;
}

export interface Selection {
  type?: number | bigint;
  size?: number;
  flags?: string;
  count?: number;
}

export class MessagePeer {
  private constructor(readonly peer: Peer) {}

  /** Runs message-peer.ts or message-peer.c, on the queue of an identifier if one is given. */
  static async start(language: Language, id?: number): Promise<MessagePeer> {
    const peer = language === 'C' ? await startC('message-peer') : startNode('message-peer');
    const started = new MessagePeer(peer);
    if (id !== undefined) await started.ask(`attach ${String(id)}`);
    return started;
  }

  tell(...words: (string | number | bigint)[]): void {
    this.peer.tell(words.map(String).join(' '));
  }

  ask(...words: (string | number | bigint)[]): Promise<string> {
    this.tell(...words);
    return this.peer.line();
  }

  async lines(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) lines.push(await this.peer.line());
    return lines;
  }

  send(form: Form, type: number | bigint, data: string | Uint8Array): Promise<string> {
    return this.ask('send', form, type, hex(data));
  }

  /** Begins to receive; the answer is in the lines to come. */
  awaits(form: Form, { type = 0, size = largest, flags = '-', count = 1 }: Selection = {}): void {
    this.tell('receive', form, type, size, flags, count);
  }

  receive(form: Form, selection?: Selection): Promise<string> {
    this.awaits(form, selection);
    return this.peer.line();
  }
}

export interface Pair {
  sender: MessagePeer;
  receiver: MessagePeer;
  /** The same queue in this process, to look at it. */
  queue: sysv.MessageQueue;
}

/** Two processes on a new queue, which is removed after the test. */
export async function startPair(
  from: Language,
  to: Language,
  options?: sysv.CreateOptions,
): Promise<Pair> {
  const queue = adoptQueue(sysv.MessageQueue.createSync('random', options));
  const [sender, receiver] = await Promise.all([
    MessagePeer.start(from, queue.id),
    MessagePeer.start(to, queue.id),
  ]);
  return { sender, receiver, queue };
}

/** Does the same in each form, one after the other; answers what each gave. */
export async function inEachForm<T>(
  body: (form: Form) => Promise<T>,
  chosen: readonly Form[] = forms,
): Promise<Partial<Record<Form, T>>> {
  const results: Partial<Record<Form, T>> = {};
  for (const form of chosen) results[form] = await body(form);
  return results;
}

/** What `inEachForm` answers where the forms agree. */
export function allForms<T>(value: T, chosen: readonly Form[] = forms): Partial<Record<Form, T>> {
  return Object.fromEntries(chosen.map((form) => [form, value]));
}
