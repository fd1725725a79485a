import type { Limits } from '../../core/lane';
import { copyOf } from '../../core/options';
import { CANCEL, REPLY, REQUEST, type Frame } from './frame';
import { directFailure, type Link } from './link';
import { Pending } from './pending';
import { decodeError, RemoteError } from './remote-error';

type Done = (reply: Buffer | RemoteError) => void;

/** A request of this end. */
interface Outgoing {
  type: number;
  data: Uint8Array;
  /** Called once, with its reply; undefined when nobody waits for that any more. */
  done: Done | undefined;
  failed: (reason: unknown) => void;
  /** As it was sent. */
  id: number | undefined;
}

/** The requests of this end: those that are sent and unanswered, and those that wait to be sent. */
export class Requests {
  readonly #link: Link;
  readonly #window: number;
  readonly #name: string;
  readonly #line = new Set<Outgoing>();
  /** Goes on where it was: a new one passes the places of all that have left since the set was made smaller. */
  #oldest = this.#line.values();
  readonly #unanswered = new Map<number, Outgoing>();
  #lastId = 0;

  constructor(link: Link, window: number, name: string) {
    this.#link = link;
    this.#window = window;
    this.#name = name;
  }

  send(data: Uint8Array, type: number, limits: Limits): Promise<Buffer> {
    const expired = (): ReturnType<typeof directFailure> => directFailure('ETIMEDOUT', this.#name);
    const done: Done = (reply) => {
      if (reply instanceof RemoteError) pending.reject(reply);
      else pending.resolve(reply);
    };
    const failed = (reason: unknown): void => {
      pending.reject(reason);
    };
    const outgoing: Outgoing = { type, data, done, failed, id: undefined };
    const pending = new Pending<Buffer>(limits, expired, () => {
      this.#drop(outgoing);
    });
    if (!pending.settled) this.#begin(outgoing);
    return pending.promise;
  }

  sendSync(data: Uint8Array, type: number, timeout: number): Buffer {
    let answer: { reply: Buffer } | { reason: unknown } | undefined;
    const failed = (reason: unknown): void => {
      answer = { reason };
    };
    const done: Done = (reply) => {
      answer = reply instanceof RemoteError ? { reason: reply } : { reply };
    };
    const outgoing: Outgoing = { type, data, done, failed, id: undefined };
    this.#begin(outgoing);
    try {
      const found = this.#link.waitSync(() => answer, timeout);
      if ('reply' in found) return found.reply;
      throw found.reason;
    } catch (error) {
      this.#drop(outgoing);
      throw error;
    }
  }

  /** A reply has come. One of nothing that was asked is of somebody who has overwritten the memory: it is dropped. */
  answer({ kind, id, data }: Frame): void {
    const outgoing = this.#unanswered.get(id);
    if (outgoing === undefined) return;
    this.#unanswered.delete(id);
    this.#advance();
    outgoing.done?.(kind === REPLY ? data : decodeError(data));
  }

  /** No reply comes any more. */
  end(reason: () => unknown): void {
    const all = [...this.#unanswered.values(), ...this.#line];
    this.#unanswered.clear();
    this.#line.clear();
    for (const outgoing of all) if (outgoing.done !== undefined) outgoing.failed(reason());
  }

  #begin(outgoing: Outgoing): void {
    if (this.#line.size === 0 && this.#unanswered.size < this.#window) {
      this.#send(outgoing);
    } else {
      outgoing.data = copyOf(outgoing.data); // the caller may change it while this waits
      this.#line.add(outgoing);
    }
  }

  #send(outgoing: Outgoing): void {
    const id = this.#nextId();
    try {
      this.#link.put(REQUEST, id, outgoing.type, outgoing.data);
    } catch (error) {
      outgoing.failed(error);
      return;
    }
    outgoing.id = id;
    outgoing.data = nothing;
    this.#unanswered.set(id, outgoing);
  }

  #advance(): void {
    while (this.#line.size > 0 && this.#unanswered.size < this.#window) {
      const { value } = this.#oldest.next();
      if (value === undefined) {
        this.#oldest = this.#line.values(); // it was at the end before the last ones came
      } else {
        this.#line.delete(value);
        this.#send(value);
      }
    }
  }

  /** Nobody waits for it any more. It keeps its place in the window until the other end answers. */
  #drop(outgoing: Outgoing): void {
    if (outgoing.done === undefined) return;
    outgoing.done = undefined;
    this.#line.delete(outgoing);
    const { id } = outgoing;
    if (id === undefined || this.#unanswered.get(id) !== outgoing) return;
    try {
      this.#link.put(CANCEL, id, 0, nothing);
    } catch {
      // It is gone, or closed: there is nobody to be told.
    }
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#unanswered.has(this.#lastId));
    return this.#lastId;
  }
}

const nothing = new Uint8Array(0);
