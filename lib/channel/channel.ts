import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { Closable } from '../core/closable';
import { whenClosed, type Mapping } from '../core/mapping';
import type { MutexGuard } from '../lock/mutex-guard';
import { promised } from '../core/promised';
import { byName, openAt, type ChannelAtOptions, type ChannelOptions } from './channel-open';
import { statusOf, type ChannelStatus } from './channel-status';
import { SENDER_ROLE } from './layout';
import { unlink, type OpenChannelOptions, type Opened, type Use } from './opening';
import { checkThere, type Place } from './place';
import { receiverOf, type Receiver } from './receiver';
import { leave, Role, takeFree } from './role';
import { senderOf, type Sender } from './sender';
import type { WhenFull } from './shape';
import { despiteTidying } from './tidy';

/**
 * A channel through shared memory: messages with a type, in order, from one sender, or several, to one
 * receiver, or each to one of several, in processes or threads of any kind. While both are busy it makes no system call.
 *
 * It lies in shared memory by a name, or in a mapping: of a memfd, too, whose descriptor is passed
 * to a child or over a socket. It outlives who sends and who receives: messages stay for the next
 * receiver. Source: docs/channel.md, with the layout.
 *
 * ```js
 * using channel = await channel.Channel.openOrCreate('/prices'); // in both processes
 *
 * const sender = channel.sender(); // here
 * await sender.send('100.25', { type: 1 });
 *
 * const receiver = channel.receiver(); // there
 * for await (const { type, data } of receiver) console.log(type, data.toString());
 * ```
 */
export class Channel extends Closable {
  /** The name, with its leading slash; empty for a channel in a mapping. */
  readonly name: string;
  /** Bytes of the ring; 0: a rendezvous; of an unbounded one, how many there may be: its limit. */
  readonly capacity: number;
  /** Bytes that an unbounded one grows and shrinks by; 0: it is none. */
  readonly segment: number;
  /** How many senders there may be at a time. */
  readonly senders: number;
  /** How many receivers there may be at a time. */
  readonly receivers: number;
  /** What becomes of a message for which there is no room, as it was made. */
  readonly full: WhenFull;
  /** Whether the name goes with the last one who has it open by that. */
  readonly temporary: boolean;

  readonly #place: Place;
  readonly #use: Use;
  readonly #isOwner: boolean;
  readonly #senderRoles: readonly Role[];
  readonly #receiverRoles: readonly Role[];
  readonly #ends = new Set<Sender | Receiver>();
  readonly #forget: () => void;

  private constructor(by: ByOpener, opened: Opened<Place>) {
    checkOpener(by, Channel);
    const { place, use } = opened;
    super('channel');
    this.name = place.name ?? '';
    this.capacity = place.shape.rendezvous > 0 ? 0 : place.capacity;
    this.segment = place.shape.segment;
    this.full = place.shape.full;
    this.temporary = place.shape.temporary;
    this.senders = place.shape.senders;
    this.receivers = place.shape.receivers;
    this.#place = place;
    this.#use = use;
    this.#isOwner = place.name !== undefined;
    this.#senderRoles = place.lanes.map((lane) => new Role(lane, SENDER_ROLE, 'sends'));
    this.#receiverRoles = place.slots.map((slot) => new Role(slot, 0, 'receives'));
    this.#forget = whenClosed(place.mapping, () => {
      this.close();
    });
  }

  // ---- opening

  /**
   * Makes a new channel; of a random name (see `name`) when none is given.
   *
   * A name is 1 to 255 bytes; 'x' is '/x'. It appears whole, with its exact mode, and all its memory
   * is reserved. Errors: EEXIST, EACCES, ENOSPC, EPERM (`uid`, `gid`), EMFILE, ENFILE, ERR_OUT_OF_RANGE. Source: shm_open(3).
   */
  static create(name?: string, options?: ChannelOptions): Promise<Channel> {
    return promised(() => Channel.createSync(name, options));
  }

  /** As `create`, at once. */
  static createSync(name?: string, options?: ChannelOptions): Channel {
    return Channel.#opened(byName.create(name, options));
  }

  /**
   * Opens the channel of a name.
   *
   * Errors: ENOENT, EACCES (it takes permission to read and to write), EINVAL (the object of that
   * name is no channel), EPROTO (it is one of another version), EBADMSG (it was overwritten).
   */
  static open(name: string, options?: OpenChannelOptions): Promise<Channel> {
    return promised(() => Channel.openSync(name, options));
  }

  /** As `open`, at once. */
  static openSync(name: string, options?: OpenChannelOptions): Channel {
    return Channel.#opened(byName.open(name, options));
  }

  /**
   * Opens the channel of a name, or makes it. All options but `waiting` and `codec` apply only to one that is made.
   *
   * Errors: as `create` and `open`.
   */
  static openOrCreate(name?: string, options?: ChannelOptions): Promise<Channel> {
    return promised(() => Channel.openOrCreateSync(name, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(name?: string, options?: ChannelOptions): Channel {
    return Channel.#opened(byName.openOrCreate(name, options));
  }

  /**
   * Removes a name. Who has the channel open uses it on; the name can be made anew at once.
   *
   * Errors: ENOENT, EACCES. Source: shm_unlink(3).
   */
  static unlink(name: string): Promise<void> {
    return promised(() => {
      Channel.unlinkSync(name);
    });
  }

  /** As `unlink`, at once. */
  static unlinkSync(name: string): void {
    unlink(name);
  }

  /**
   * The channel in a mapping, at an offset that is a multiple of 64: made there with `create`, or
   * else the one that somebody has made. It takes 768 bytes and its capacity.
   *
   * Closing the mapping closes the channel. Until then the mapping cannot be resized or protected.
   * Errors: EINVAL (there is no channel), EPROTO (one of another version), EBADMSG, ERR_CLOSED,
   * ERR_OUT_OF_RANGE (offset, or a mapping without access 'write').
   *
   * ```js
   * using file = memory.memfdSync('channel', { size: 1 << 17 });
   * const here = channel.Channel.at(file.mapSync({ access: 'write' }), 0, { create: true });
   * ```
   */
  static at(mapping: Mapping, byteOffset = 0, options?: ChannelAtOptions): Channel {
    return new Channel(byOpener, openAt(mapping, byteOffset, options));
  }

  /** What was opened, or nothing is left of it. */
  static #opened(what: Opened<Place>): Channel {
    try {
      return new Channel(byOpener, what);
    } catch (error) {
      what.place.mapping.close();
      throw error;
    }
  }

  // ---- taking part

  /**
   * Becomes the sender, or one of them. The role is free again when the sender closes, or its thread ends, by
   * SIGKILL too.
   *
   * Errors: EBUSY (somebody is the sender; or as many as there may be), EBADMSG (the memory was overwritten), ENOTRECOVERABLE
   * (so was the role, or each of them), ENOLCK, ENOSYS (not with this libc), ERR_CLOSED.
   */
  sender(): Sender {
    return despiteTidying(this.#place, () =>
      this.#join(this.#place.lanes, this.#senderRoles, senderOf),
    );
  }

  /** Becomes the receiver, or one of them. Errors: as `sender`. */
  receiver(): Receiver {
    const place = this.#place;
    return this.#join(place.slots, this.#receiverRoles, (slot, guard, use) =>
      receiverOf(place, guard, use, slot),
    );
  }

  // ---- looking

  /**
   * What lies in it, and who takes part: loads, and a look into /proc for each who has a role. Errors: EBADMSG (the
   * memory was overwritten).
   */
  stat(): Promise<ChannelStatus> {
    return promised(() => this.statSync());
  }

  /** As `stat`, at once. */
  statSync(): ChannelStatus {
    this.checkOpen();
    return statusOf(this.#place, this.#senderRoles, this.#receiverRoles);
  }

  // ---- the object itself

  /** Removes the channel's name, as the static `unlink`; this object, even closed, may do it. */
  unlink(): Promise<void> {
    return Channel.unlink(this.name);
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    Channel.unlinkSync(this.name);
  }

  protected override release(): void {
    this.#forget();
    for (const end of this.#ends) end.close();
    for (const role of [...this.#senderRoles, ...this.#receiverRoles]) role.close();
    if (this.#isOwner) this.#place.mapping.close();
  }

  /** Takes the first role that is free. */
  #join<P, E extends Sender | Receiver>(
    places: readonly P[],
    roles: readonly Role[],
    make: (place: P, guard: MutexGuard, use: Use) => E,
  ): E {
    this.checkOpen();
    checkThere(this.#place);
    const [at, guard] = takeFree(roles);
    try {
      const end = make(places[at] as P, guard, this.#use);
      for (const other of this.#ends) if (other.closed) this.#ends.delete(other);
      this.#ends.add(end);
      return end;
    } catch (error) {
      leave(guard);
      throw error;
    }
  }
}
