import { byOpener, checkOpener, type ByOpener } from '../../core/by-opener';

/** For the subscriber. */
export function cursorOf(): SubscriberCursor {
  return new SubscriberCursor(byOpener);
}

/** For the subscriber: shows a message. */
export let show: (
  cursor: SubscriberCursor,
  memory: Buffer,
  type: number,
  offset: number,
  length: number,
  lost: number,
) => void;

/**
 * A message as `Subscriber.forEach` shows it: only until the callback returns; then the same cursor
 * shows the next one. It lies in memory of the subscriber, which the publisher does not touch.
 */
export class SubscriberCursor {
  /** As the publisher has given it. */
  type = 0;
  /** Bytes of the message. */
  length = 0;
  /** Where it begins in `memory`: a multiple of 16. */
  offset = 0;
  /** So many messages were lost between the one before it and this one. */
  lost = 0;
  /** Where it lies, with others. Mostly the same Buffer. */
  memory: Buffer = Buffer.alloc(0);

  static {
    show = (cursor, memory, type, offset, length, lost) => {
      cursor.memory = memory;
      cursor.type = type;
      cursor.offset = offset;
      cursor.length = length;
      cursor.lost = lost;
    };
  }

  constructor(by: ByOpener) {
    checkOpener(by, SubscriberCursor);
  }

  /** The message in place. */
  view(): Buffer {
    return this.memory.subarray(this.offset, this.offset + this.length);
  }

  /** A copy of the message, which stays. */
  copy(): Buffer {
    return Buffer.from(this.view());
  }
}
