import { invalidType } from '../../core/error';
import type { InPlace } from '../codec';
import { mostCapacity } from '../layout';
import { channelFailure } from '../place';
import { Packer, TooLong } from './packer';
import { Unpacker } from './unpacker';

/** The codec `'packed'` of one opening: it remembers the keys of objects. */
export class Packed implements InPlace {
  readonly #packer = new Packer();
  readonly #unpacker = new Unpacker();

  encode(value: unknown): Buffer {
    return Buffer.from(this.lend(value, mostCapacity));
  }

  decode(data: Buffer): unknown {
    return this.read(data, 0, data.length);
  }

  lend(value: unknown, most: number): Uint8Array {
    const packer = this.#packer.busy ? new Packer() : this.#packer;
    packer.busy = true;
    try {
      return packer.pack(value, most);
    } catch (cause) {
      if (cause instanceof TooLong) {
        throw channelFailure('EMSGSIZE', undefined, `a value of more than ${String(most)} bytes`);
      }
      throw Object.assign(invalidType('value', 'what packed can say', value), { cause });
    } finally {
      packer.busy = false;
    }
  }

  read(bytes: Buffer, at: number, length: number): unknown {
    try {
      return this.#unpacker.unpack(bytes, at, length);
    } catch (cause) {
      const failure = channelFailure('EBADMSG', undefined, 'what was received is not packed');
      throw Object.assign(failure, { cause });
    }
  }
}
