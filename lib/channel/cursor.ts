import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { bufferOver } from '../core/pool';
import { copyOut } from './copy';
import { checkThere, type Place } from './place';

/** For the receiver. */
export function cursorOf(place: Place): Cursor {
  return new Cursor(byOpener, place);
}

/** For the receiver: shows a message. */
export let show: (cursor: Cursor, type: number, offset: number, length: number) => void;

/**
 * A message in the memory of the channel, as `Receiver.forEach` shows it: only until the callback
 * returns; then the same cursor shows the next one.
 *
 * The fastest look is one at `ring`, which is always the same Buffer, from `offset` on; make typed
 * arrays over `ring.buffer` once, and read them there. The other process may change it at any time.
 */
export class Cursor {
  /** As the sender has given it. */
  type = 0;
  /** Bytes of the message. */
  length = 0;
  /** Where it begins in `ring`: a multiple of 8. */
  offset = 0;
  /** All messages of the channel lie in it. */
  readonly ring: Buffer;
  readonly #place: Place;

  static {
    show = (cursor, type, offset, length) => {
      cursor.type = type;
      cursor.offset = offset;
      cursor.length = length;
    };
  }

  constructor(by: ByOpener, place: Place) {
    checkOpener(by, Cursor);
    this.#place = place;
    this.ring = place.ring;
  }

  /** The message in place. */
  view(): Buffer {
    checkThere(this.#place);
    const { buffer, ringAt } = this.#place;
    return bufferOver(buffer, ringAt + this.offset, this.length);
  }

  /** A copy of the message, which stays. */
  copy(): Buffer {
    checkThere(this.#place);
    const data = Buffer.allocUnsafe(this.length);
    copyOut(this.#place, this.offset, data, this.length);
    return data;
  }
}
