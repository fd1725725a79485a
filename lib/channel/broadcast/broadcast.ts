import { byOpener, checkOpener, type ByOpener } from '../../core/by-opener';
import { Closable } from '../../core/closable';
import { whenClosed, type Mapping } from '../../core/mapping';
import { word } from '../../core/mapping-options';
import { optionsOf } from '../../core/options';
import { promised } from '../../core/promised';
import { unlink, type Opened, type Use } from '../opening';
import { checkThere } from '../place';
import { leave, Role, takeFree } from '../role';
import { settleAll } from '../tick';
import {
  byName,
  openAt,
  type BroadcastAtOptions,
  type BroadcastOptions,
  type OpenBroadcastOptions,
} from './broadcast-open';
import type { From } from './following';
import { PUBLISHER_ROLE } from './layout';
import type { BroadcastPlace, SlotPlace } from './place';
import { publisherOf, type Publisher } from './publisher';
import type { BroadcastWhenFull } from './shape';
import { statusOf, type BroadcastStatus } from './status';
import { subscriberOf, type Subscriber, type TakenSlot } from './subscriber';

/** Where a subscriber begins. */
export interface SubscribeOptions {
  /**
   * `'newest'`: what is published from now on. `'oldest'`: all that is kept, too. Default
   * `'newest'`.
   */
  from?: From | undefined;
}

const beginnings: Record<From, From> = { oldest: 'oldest', newest: 'newest' };

/**
 * A broadcast through shared memory: messages with a type, in order, from one publisher to any
 * number of subscribers, each of which sees each message. Subscribers that are slow, stopped or
 * killed slow nobody down: they lose messages, and learn how many.
 *
 * It lies in shared memory by a name, or in a mapping: of a memfd, too, whose descriptor is passed
 * to children or over a socket. It outlives who takes part. Source: docs/broadcast.md, with the
 * layout.
 *
 * ```js
 * using prices = await channel.Broadcast.openOrCreate('/prices'); // in all processes
 *
 * const publisher = prices.publisher(); // here
 * await publisher.publish('100.25', { type: 1 });
 *
 * const subscriber = prices.subscribe({ from: 'oldest' }); // there, and there
 * for await (const { type, data, lost } of subscriber) console.log(type, data.toString(), lost);
 * ```
 */
export class Broadcast extends Closable {
  /** The name, with its leading slash; empty for a broadcast in a mapping. */
  readonly name: string;
  /** Bytes of the ring. */
  readonly capacity: number;
  /** What becomes of messages where the ring is full, as it was made. */
  readonly full: BroadcastWhenFull;
  /** How many subscribers there may be at a time; Infinity: any number. */
  readonly subscribers: number;
  /** Whether the name goes with the last one who has it open by that. */
  readonly temporary: boolean;

  readonly #place: BroadcastPlace;
  readonly #use: Use;
  readonly #isOwner: boolean;
  readonly #role: Role;
  readonly #slots: readonly Role[];
  readonly #ends = new Set<Publisher | Subscriber>();
  readonly #forget: () => void;

  private constructor(by: ByOpener, opened: Opened<BroadcastPlace>) {
    checkOpener(by, Broadcast);
    const { place, use } = opened;
    super('broadcast');
    this.name = place.name ?? '';
    this.capacity = place.capacity;
    this.full = place.shape.full;
    this.subscribers = place.shape.subscribers || Infinity;
    this.temporary = place.shape.temporary;
    this.#place = place;
    this.#use = use;
    this.#isOwner = place.name !== undefined;
    this.#role = new Role(place, PUBLISHER_ROLE, 'publishes');
    this.#slots = place.slots.map((slot) => new Role(slot, 0, 'subscribes'));
    this.#forget = whenClosed(place.mapping, () => {
      this.close();
    });
  }

  // ---- opening

  /**
   * Makes a new broadcast; of a random name (see `name`) when none is given.
   *
   * A name is 1 to 255 bytes; 'x' is '/x'. It appears whole, with its exact mode, and all its memory
   * is reserved. Errors: EEXIST, EACCES, ENOSPC, EPERM (`uid`, `gid`), EMFILE, ENFILE, ERR_OUT_OF_RANGE. Source: shm_open(3).
   */
  static create(name?: string, options?: BroadcastOptions): Promise<Broadcast> {
    return promised(() => Broadcast.createSync(name, options));
  }

  /** As `create`, at once. */
  static createSync(name?: string, options?: BroadcastOptions): Broadcast {
    return Broadcast.#opened(byName.create(name, options));
  }

  /**
   * Opens the broadcast of a name.
   *
   * Errors: ENOENT, EACCES (it takes permission to read and to write), EINVAL (the object of that
   * name is no broadcast), EPROTO (it is one of another version), EBADMSG (it was overwritten).
   */
  static open(name: string, options?: OpenBroadcastOptions): Promise<Broadcast> {
    return promised(() => Broadcast.openSync(name, options));
  }

  /** As `open`, at once. */
  static openSync(name: string, options?: OpenBroadcastOptions): Broadcast {
    return Broadcast.#opened(byName.open(name, options));
  }

  /**
   * Opens the broadcast of a name, or makes it. All options but `waiting` and `codec` apply only to one that is made.
   *
   * Errors: as `create` and `open`.
   */
  static openOrCreate(name?: string, options?: BroadcastOptions): Promise<Broadcast> {
    return promised(() => Broadcast.openOrCreateSync(name, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(name?: string, options?: BroadcastOptions): Broadcast {
    return Broadcast.#opened(byName.openOrCreate(name, options));
  }

  /**
   * Removes a name. Who has the broadcast open uses it on; the name can be made anew at once.
   *
   * Errors: ENOENT, EACCES. Source: shm_unlink(3).
   */
  static unlink(name: string): Promise<void> {
    return promised(() => {
      Broadcast.unlinkSync(name);
    });
  }

  /** As `unlink`, at once. */
  static unlinkSync(name: string): void {
    unlink(name);
  }

  /**
   * The broadcast in a mapping, at an offset that is a multiple of 64: made there with `create`, or
   * else the one that somebody has made. It takes 768 bytes, its capacity, and 256 bytes for each of its `subscribers`.
   *
   * Closing the mapping closes the broadcast. Until then the mapping cannot be resized or protected.
   * Errors: EINVAL (there is no broadcast), EPROTO (one of another version), EBADMSG, ERR_CLOSED,
   * ERR_OUT_OF_RANGE (offset, or a mapping without access 'write').
   */
  static at(mapping: Mapping, byteOffset = 0, options?: BroadcastAtOptions): Broadcast {
    return new Broadcast(byOpener, openAt(mapping, byteOffset, options));
  }

  /** What was opened, or nothing is left of it. */
  static #opened(what: Opened<BroadcastPlace>): Broadcast {
    try {
      return new Broadcast(byOpener, what);
    } catch (error) {
      what.place.mapping.close();
      throw error;
    }
  }

  // ---- taking part

  /**
   * Becomes the publisher. The role is free again when the publisher closes, or its thread ends, by
   * SIGKILL too.
   *
   * Errors: EBUSY (somebody is the publisher), EBADMSG (the memory was overwritten), ENOTRECOVERABLE
   * (so was the role), ENOLCK, ENOSYS (not with this libc), ERR_CLOSED.
   */
  publisher(): Publisher {
    this.#check();
    const guard = this.#role.take();
    try {
      const publisher = publisherOf(this.#place, guard, this.#use, this.#left);
      this.#ends.add(publisher);
      return publisher;
    } catch (error) {
      leave(guard);
      throw error;
    }
  }

  /**
   * A new subscriber, of any number; several in one thread, too. Each has a position of its own.
   *
   * Errors: EBADMSG (the memory was overwritten), ERR_CLOSED; where the publisher waits for
   * subscribers, EBUSY (there are as many as there may be), and as `publisher`.
   */
  subscribe(options?: SubscribeOptions): Subscriber {
    const { from = 'newest' } = optionsOf(options);
    const beginning = word('options.from', beginnings, from);
    this.#check();
    settleAll(); // what was published before is not new
    const slot = this.#slot();
    try {
      const subscriber = subscriberOf(this.#place, beginning, this.#use, this.#left, slot);
      this.#ends.add(subscriber);
      return subscriber;
    } catch (error) {
      if (slot !== undefined) leave(slot.role);
      throw error;
    }
  }

  // ---- looking

  /** What lies in it, and who publishes. Errors: EBADMSG (the memory was overwritten). */
  stat(): Promise<BroadcastStatus> {
    return promised(() => this.statSync());
  }

  /** As `stat`, at once. */
  statSync(): BroadcastStatus {
    this.checkOpen();
    return statusOf(this.#place, this.#role, this.#slots);
  }

  // ---- the object itself

  /** Removes the broadcast's name, as the static `unlink`; this object, even closed, may do it. */
  unlink(): Promise<void> {
    return Broadcast.unlink(this.name);
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    Broadcast.unlinkSync(this.name);
  }

  protected override release(): void {
    this.#forget();
    for (const end of this.#ends) end.close();
    for (const role of [this.#role, ...this.#slots]) role.close();
    if (this.#isOwner) this.#place.mapping.close();
  }

  /** The first one that is free, where the publisher waits for subscribers. */
  #slot(): TakenSlot | undefined {
    if (this.#slots.length === 0) return undefined;
    const [at, role] = takeFree(this.#slots);
    return { place: this.#place.slots[at] as SlotPlace, role };
  }

  #check(): void {
    this.checkOpen();
    checkThere(this.#place);
  }

  readonly #left = (end: Publisher | Subscriber): void => {
    this.#ends.delete(end);
  };
}
