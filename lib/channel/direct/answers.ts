import { AsyncLocalStorage } from 'node:async_hooks';

import { bytesOf, type Data } from '../../core/options';
import { ERROR, REPLY, REQUEST, type Frame } from './frame';
import { directFailure, type Link } from './link';
import { encodeError } from './remote-error';

/** A request that has come. */
export interface Request {
  /** As who asks has given it. */
  readonly type: number;
  /** Its bytes. */
  readonly data: Buffer;
  /** Aborted when nobody waits for the reply any more: who asked, has given up, or is gone. */
  readonly signal: AbortSignal;
}

/** What answers requests. */
export type RequestHandler = (request: Request) => Data | PromiseLike<Data>;

/** Its signal is made when it is asked for: most handlers do not. */
class Incoming implements Request {
  readonly id: number;
  readonly type: number;
  readonly data: Buffer;
  #controller: AbortController | undefined;
  #aborted: { reason: unknown } | undefined;

  constructor({ id, type, data }: Frame) {
    this.id = id;
    this.type = type;
    this.data = data;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#aborted !== undefined;
  }

  abort(reason: unknown): void {
    this.#aborted ??= { reason };
    this.#controller?.abort(reason);
  }
}

/** The requests of the other end: those that wait for a handler, and those that are being handled. */
export class Answers {
  readonly #link: Link;
  readonly #window: number;
  readonly #name: string;
  readonly #unanswered = new Map<number, Incoming>();
  /** A set: all may be cancelled at once. */
  #waiting = new Set<Incoming>();
  #handler: RequestHandler | undefined;
  /** Whatever takes a request may be inside of something else, such as the `use()` of a recursive mutex. */
  #whereGiven = (run: () => void): void => {
    run();
  };
  #scheduled = false;
  #ended = false;
  /** Replies that wait for room. */
  #leaving = 0;
  readonly #left = (): void => {
    this.#leaving--;
  };

  constructor(link: Link, window: number, name: string) {
    this.#link = link;
    this.#window = window;
    this.#name = name;
  }

  /** Those that came before there was a handler are handled, too. */
  handle(handler: RequestHandler): void {
    this.#handler = handler;
    this.#whereGiven = AsyncLocalStorage.snapshot();
    this.#schedule();
  }

  /** A request, or its cancellation. Programs' code runs later. */
  take(frame: Frame): void {
    if (frame.kind === REQUEST) {
      const isFull = this.#unanswered.size >= this.#window || this.#leaving >= 2 * this.#window;
      if (isFull || this.#unanswered.has(frame.id)) {
        throw directFailure('EBADMSG', this.#name, 'more requests than are allowed, or one twice');
      }
      const incoming = new Incoming(frame);
      this.#unanswered.set(frame.id, incoming);
      this.#waiting.add(incoming);
      this.#schedule();
    } else {
      const incoming = this.#unanswered.get(frame.id);
      if (incoming === undefined) return; // it was answered meanwhile
      queueMicrotask(() => {
        this.#whereGiven(() => {
          this.#cancel(incoming);
        });
      });
    }
  }

  /** Nobody waits for replies any more. */
  end(reason: () => unknown): void {
    this.#ended = true;
    const all = [...this.#unanswered.values()];
    this.#unanswered.clear();
    this.#waiting.clear();
    for (const incoming of all) incoming.abort(reason());
  }

  #schedule(): void {
    if (this.#scheduled || this.#handler === undefined) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      const batch = this.#waiting;
      this.#waiting = new Set();
      this.#whereGiven(() => {
        for (const incoming of batch) void this.#run(incoming);
      });
    });
  }

  /** It is told to the handler; without one, the place in the window is free at once. */
  #cancel(incoming: Incoming): void {
    incoming.abort(directFailure('ECANCELED', this.#name, 'nobody waits for the reply'));
    if (this.#waiting.delete(incoming)) this.#reply(incoming, ERROR, nothing);
  }

  async #run(incoming: Incoming): Promise<void> {
    const handler = this.#handler;
    if (this.#ended || handler === undefined) return;
    try {
      const reply = bytesOf('reply', await handler(incoming));
      const isTooLong = reply.length > this.#link.maxLength;
      if (isTooLong) throw directFailure('EMSGSIZE', this.#name, 'the reply is too long');
      // A late reply is empty: it only frees its place.
      this.#reply(incoming, REPLY, incoming.aborted ? nothing : reply);
    } catch (error) {
      this.#reply(incoming, ERROR, incoming.aborted ? nothing : encodeError(error));
    }
  }

  #reply({ id }: Incoming, kind: number, payload: Uint8Array): void {
    if (!this.#unanswered.delete(id)) return; // it is over
    this.#leaving++;
    try {
      this.#link.put(kind, id, 0, payload, this.#left);
    } catch {
      // Closed, or overwritten: who reads learns that, too.
    }
  }
}

const nothing = new Uint8Array(0);
