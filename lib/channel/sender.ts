import type { Writable } from 'node:stream';

import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { Keeper } from '../core/keeper';
import { optionsOf, type Data } from '../core/options';
import type { MutexGuard } from '../lock/mutex-guard';
import { Bell, callIfAsleep } from './bell';
import { Growing } from './growing';
import type { Use } from './opening';
import { RECEIVER_BELL, RECORD_HEADER, SENDER_BELL } from './layout';
import { ChannelWritable, type WritableOptions } from './node-streams';
import { channelFailure, type Place } from './place';
import { Rendezvous } from './rendezvous';
import { Waits } from './waits';
import { Writing } from './writing';
import {
  typeOf,
  WritingEnd,
  type SendOptions,
  type SendSyncOptions,
  type TypeOption,
} from './writing-end';

/** For the channel. */
export function senderOf(place: Place, role: MutexGuard, use: Use): Sender {
  return new Sender(byOpener, place, role, use);
}

/**
 * The sending end of a channel: there is one at a time, or as many as the channel was made for.
 *
 * The first message of a tick is published at once; then every 32 messages or 4 KiB, later every 128 or 16 KiB, when the
 * receiver sleeps, at the end of the tick, before this thread sleeps, and at `close()` and
 * `process.exit()`. SIGKILL, or the end of a worker by `terminate()`, loses what was not published;
 * `flush()` publishes now.
 *
 * What waits for room has three forms: a promise, `…Sync`, `try…`. Errors of all of them: EMSGSIZE (longer than
 * `maxLength`), EBUSY (a claimed message is neither committed nor aborted), EBADMSG (somebody has
 * overwritten the memory), EFAULT (the ArrayBuffer of a view was transferred), ERR_CLOSED.
 *
 * ```js
 * using sender = channel.sender();
 * await sender.send('hello', { type: 7 });
 * ```
 */
export class Sender extends WritingEnd {
  readonly #place: Place;

  constructor(by: ByOpener, place: Place, role: MutexGuard, use: Use) {
    checkOpener(by, Sender);
    const { waiting, codec } = use;
    const { shape } = place;
    const keeper = new Keeper();
    const writing = writingIn(place, role.ownerDied);
    const bell = new Bell(place, SENDER_BELL, 0, place.slots);
    const ready = (): boolean => writing.ready;
    const waits = new Waits({ place, bell, keeper, waiting, ready });
    const maxLength = longestIn(place);
    const fails = shape.full === 'fail';
    const medium = 'channel';
    super('sender', { place, medium, role, codec, writing, waits, keeper, fails, maxLength });
    this.#place = place;
    callIfAsleep(place.main, RECEIVER_BELL); // who sleeps watches the role from now on
  }

  // ---- copied

  /**
   * Sends a message; waits while there is no room. Text goes as UTF-8. Costs a copy and a promise; where it waits, another
   * copy. Errors: also ETIMEDOUT.
   */
  send(data: Data, options?: SendOptions): Promise<void> {
    return this.put(data, options, methods.send);
  }

  /** As `send`, blocking the thread: a copy. */
  sendSync(data: Data, options?: SendSyncOptions): void {
    this.putSync(data, options);
  }

  /** Sends a message if there is room now; else false. The quickest form of one message: a copy. */
  trySend(data: Data, options?: TypeOption): boolean {
    return this.tryPut(data, options);
  }

  /**
   * Sends messages in order, all of one type; answers how many. Costs one promise, and two copies of each. It may be fewer where it is aborted,
   * its time is over, or a message fails, after the first.
   */
  sendMany(messages: Iterable<Data>, options?: SendOptions): Promise<number> {
    return this.putMany(messages, options, methods.sendMany);
  }

  /** As `sendMany`, blocking the thread: a copy of each. */
  sendManySync(messages: Iterable<Data>, options?: SendSyncOptions): number {
    return this.putManySync(messages, options);
  }

  /** Sends as many of the messages as there is room for now; answers how many: after the first it does not fail. */
  trySendMany(messages: Iterable<Data>, options?: TypeOption): number {
    return this.tryPutMany(messages, options);
  }

  // ---- encoded

  /** Sends a value as the channel's `codec` encodes it: costs that, and what `send` costs. Errors: also ERR_INVALID_ARG_TYPE. */
  sendValue(value: unknown, options?: SendOptions): Promise<void> {
    return this.put(value, options, methods.sendValue, true);
  }

  /** As `sendValue`, blocking the thread. */
  sendValueSync(value: unknown, options?: SendSyncOptions): void {
    this.putSync(value, options, true);
  }

  /** Sends a value if there is room now; else false. */
  trySendValue(value: unknown, options?: TypeOption): boolean {
    return this.tryPut(value, options, true);
  }

  // ---- as a Node stream

  /**
   * A Node stream whose chunks are sent: a message each, or several where one is longer than a quarter
   * of the ring. Costs what `send` does, and a chunk of a stream each. Its end is an empty message. It closes this object when it ends or is destroyed,
   * unless `autoClose` is false. Errors: EOPNOTSUPP (the channel drops messages); the stream's: EAGAIN (it was made to fail, and is full).
   *
   * ```js
   * await pipeline(createReadStream(file), channel.sender().writable());
   * ```
   */
  writable(options?: WritableOptions): Writable {
    typeOf(optionsOf(options));
    this.checkOpen();
    const { name, shape } = this.#place;
    if (shape.full.startsWith('drop')) {
      throw channelFailure(
        'EOPNOTSUPP',
        name,
        'a stream loses nothing: this channel drops messages',
      );
    }
    return new ChannelWritable(this, Math.min(this.#place.piece / 4, this.maxLength), options);
  }
}

/** `hasDied`: who sent before. */
function writingIn(place: Place, hasDied: boolean): Writing {
  const { rendezvous, segment } = place.shape;
  if (segment > 0) return new Growing(place);
  return rendezvous > 0 ? new Rendezvous(place, hasDied) : new Writing(place);
}

/** Of a ring that grows, what has room beside any one segment that is in use. */
function longestIn({ shape, capacity }: Place): number {
  if (shape.segment > 0) return capacity / 2 - RECORD_HEADER;
  return shape.rendezvous || capacity - RECORD_HEADER;
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'send' | 'sendMany' | 'sendValue', unknown> = Sender.prototype;
