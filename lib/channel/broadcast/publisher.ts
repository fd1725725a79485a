import { byOpener, checkOpener, type ByOpener } from '../../core/by-opener';
import type { ClosedError } from '../../core/error';
import { Keeper } from '../../core/keeper';
import type { Data } from '../../core/options';
import type { MutexGuard } from '../../lock/mutex-guard';
import { Bell, callIfAsleep, type Ready } from '../bell';
import type { Use } from '../opening';
import { Waits } from '../waits';
import {
  WritingEnd,
  type SendOptions,
  type SendSyncOptions,
  type TypeOption,
} from '../writing-end';
import { BELL, longestMessage, PUBLISHER_BELL } from './layout';
import type { BroadcastPlace } from './place';
import { Publishing } from './publishing';

/** For the broadcast. `closed` is called when it is. */
export function publisherOf(
  place: BroadcastPlace,
  role: MutexGuard,
  use: Use,
  closed: (publisher: Publisher) => void,
): Publisher {
  return new Publisher(byOpener, place, role, use, closed);
}

/**
 * Who publishes on a broadcast: there is one at a time. The oldest messages make room,
 * if the broadcast was not made with `full: 'wait'` (it waits for its subscribers) or `'fail'`.
 *
 * The first message of a tick is published at once; then every 32 messages or 4 KiB, when a
 * subscriber sleeps, at the end of the tick, before this thread sleeps, and at `close()` and
 * `process.exit()`. SIGKILL, or the end of a worker by `terminate()`, loses what was not published;
 * `flush()` publishes now.
 *
 * Errors of all forms: EMSGSIZE (longer than `maxLength`), EBUSY (a claimed message is neither
 * committed nor aborted), EBADMSG (somebody has overwritten the memory), EFAULT (the ArrayBuffer of
 * a view was transferred), ERR_CLOSED.
 *
 * ```js
 * using publisher = broadcast.publisher();
 * publisher.publishSync('100.25', { type: 1 });
 * ```
 */
export class Publisher extends WritingEnd {
  readonly #onClose: (publisher: Publisher) => void;

  constructor(
    by: ByOpener,
    place: BroadcastPlace,
    role: MutexGuard,
    use: Use,
    onClose: (publisher: Publisher) => void,
  ) {
    checkOpener(by, Publisher);
    const { waiting, codec } = use;
    const keeper = new Keeper();
    const writing = new Publishing(place);
    const bell = new Bell(place, PUBLISHER_BELL, 0, place.slots);
    const ready: Ready = (isWatched) => writing.readyFor(isWatched);
    const waits = new Waits({ place, bell, keeper, waiting, ready });
    const maxLength = longestMessage(place.capacity);
    const medium = 'broadcast';
    const fails = place.shape.full === 'fail';
    super('publisher', { place, medium, role, codec, writing, waits, keeper, fails, maxLength });
    this.#onClose = onClose;
    bell.awake(); // the last one may have been killed asleep
    callIfAsleep(place, BELL); // who sleeps watches the role from now on
  }

  // ---- copied

  /** Publishes a message. Text goes as UTF-8. */
  publish(data: Data, options?: SendOptions): Promise<void> {
    return this.put(data, options, methods.publish);
  }

  /** As `publish`, at once. */
  publishSync(data: Data, options?: SendSyncOptions): void {
    this.putSync(data, options);
  }

  /** Publishes a message if it need not wait; else false. */
  tryPublish(data: Data, options?: TypeOption): boolean {
    return this.tryPut(data, options);
  }

  /** Publishes messages in order, all of one type; answers how many. */
  publishMany(messages: Iterable<Data>, options?: SendOptions): Promise<number> {
    return this.putMany(messages, options, methods.publishMany);
  }

  /** As `publishMany`, at once. */
  publishManySync(messages: Iterable<Data>, options?: SendSyncOptions): number {
    return this.putManySync(messages, options);
  }

  /** Publishes as many of the messages as need not wait; answers how many: after the first it does not fail. */
  tryPublishMany(messages: Iterable<Data>, options?: TypeOption): number {
    return this.tryPutMany(messages, options);
  }

  // ---- encoded

  /** Publishes a value as the broadcast's `codec` encodes it. Errors: also ERR_INVALID_ARG_TYPE. */
  publishValue(value: unknown, options?: SendOptions): Promise<void> {
    return this.put(value, options, methods.publishValue, true);
  }

  /** As `publishValue`, at once. */
  publishValueSync(value: unknown, options?: SendSyncOptions): void {
    this.putSync(value, options, true);
  }

  /** Publishes a value if it need not wait; else false. */
  tryPublishValue(value: unknown, options?: TypeOption): boolean {
    return this.tryPut(value, options, true);
  }

  protected override release(reason: () => ClosedError): void {
    super.release(reason);
    this.#onClose(this);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'publish' | 'publishMany' | 'publishValue', unknown> = Publisher.prototype;
