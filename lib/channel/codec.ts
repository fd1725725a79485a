import { deserialize, serialize } from 'node:v8';

import { invalidType } from '../core/error';
import { callable, objectOf, type Data } from '../core/options';
import { word } from '../core/mapping-options';
import { channelFailure } from './place';

/**
 * How values become the bytes of a message, and the reverse. What they throw is what the call throws;
 * a message that cannot be decoded is received.
 */
export interface Codec {
  encode: (value: unknown) => Data;
  decode: (data: Buffer) => unknown;
}

/**
 * `'v8'`: what structuredClone can copy, in V8's format (node:v8); among versions of Node, not for
 * what strangers send. `'json'`: what JSON can say.
 */
export type CodecName = 'v8' | 'json';

/** A value that was received. */
export interface Decoded {
  /** As the sender has given it. */
  type: number;
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

const codecs: Record<CodecName, Codec> = {
  v8: typed("V8's format", { encode: serialize, decode: deserialize }),
  json: typed('JSON', {
    // undefined, for what JSON cannot say, is no Data: it is refused as such.
    encode: (value) => JSON.stringify(value),
    decode: (data) => JSON.parse(data.toString()) as unknown,
  }),
};

export function codecOf(given: CodecName | Codec | undefined): Codec {
  if (given === undefined) return codecs.v8;
  if (typeof given === 'string') return word('options.codec', codecs, given);
  const { encode, decode } = objectOf('options.codec', given);
  return {
    encode: callable('options.codec.encode', encode),
    decode: callable('options.codec.decode', decode),
  };
}
