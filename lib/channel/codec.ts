import { v8 } from '../core/builtins';
import { invalidType } from '../core/error';
import { bytesOf, callable, objectOf, type Data } from '../core/options';
import { word } from '../core/mapping-options';
import { Packed } from './packed/packed';
import { channelFailure } from './place';

/**
 * How values become the bytes of a message, and the reverse. What they throw is what the call throws;
 * a message that cannot be decoded is received.
 */
export interface Codec {
  /** Bytes or text, and no promise of them; else ERR_INVALID_ARG_TYPE. */
  encode: (value: unknown) => Data;
  /** The value of a message's bytes. */
  decode: (data: Buffer) => unknown;
}

/** Does without a Buffer for each message. No code of the caller's runs in `read`. */
export interface InPlace extends Codec {
  /** As `encode`, of at most so many bytes, which are good only until the next call; else EMSGSIZE. */
  lend: (value: unknown, most: number) => Uint8Array;
  /** As `decode`, of so many bytes at an offset, which others may change meanwhile. */
  read: (bytes: Buffer, at: number, length: number) => unknown;
}

/**
 * `'v8'`: what structuredClone can copy, in V8's format (node:v8); among versions of Node, not for
 * what strangers send. `'json'`: what JSON can say. `'packed'`: that, and bigint, undefined, Date and
 * Uint8Array, in the format of docs/packed.md; the quickest, also for what strangers send.
 */
export type CodecName = 'v8' | 'json' | 'packed';

/** A value that was received. */
export interface Decoded {
  /** As the sender has given it. */
  type: number;
  /** What the codec has made of its bytes. */
  value: unknown;
}

/** With errors that have a code, as all of this package have. */
function typed(name: string, { encode, decode }: Codec): Codec {
  return {
    encode: (value) => {
      try {
        return encode(value);
      } catch (cause) {
        throw Object.assign(invalidType('value', `what ${name} can say`, value), { cause });
      }
    },
    decode: (data) => {
      try {
        return decode(data);
      } catch (cause) {
        const hint = `what was received is not ${name}`;
        throw Object.assign(channelFailure('EBADMSG', undefined, hint), { cause });
      }
    },
  };
}

let inV8: Codec | undefined;

/** The same for all: who opens the first channel makes it. */
function v8Codec(): Codec {
  if (inV8 === undefined) {
    const { serialize: encode, deserialize: decode } = v8();
    inV8 = typed("V8's format", { encode, decode });
  }
  return inV8;
}

const json = typed('JSON', {
  encode: (value) => {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new TypeError('JSON has no word for it');
    return text;
  },
  decode: (data) => JSON.parse(data.toString()) as unknown,
});

const codecs: Record<CodecName, () => Codec | InPlace> = {
  v8: v8Codec,
  json: () => json,
  packed: () => new Packed(),
};

export function codecOf(given: CodecName | Codec | undefined): Codec | InPlace {
  if (given === undefined) return v8Codec();
  if (typeof given === 'string') return word('options.codec', codecs, given)();
  const { encode, decode } = objectOf('options.codec', given);
  const encoder = callable('options.codec.encode', encode);
  return {
    // By this name: who has sent a value looks for its error there, and not at the bytes of a message.
    encode: (value) => bytesOf('options.codec.encode()', encoder(value)),
    decode: callable('options.codec.decode', decode),
  };
}
