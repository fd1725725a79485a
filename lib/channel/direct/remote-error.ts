/** The code where what was thrown has none. */
const usualCode = 'ERR_REMOTE';

/** Longer ones are cut off, so that it always fits: the least capacity is 1 KiB. */
const longestCode = 64;
const longestMessage = 400;

const noMessage = 'what was thrown has no message';

/**
 * What the handler of a request has thrown in the other process: its `code`, or `'ERR_REMOTE'`, and
 * its message; its stack stays there.
 */
export class RemoteError extends Error {
  /** That of what was thrown, or `'ERR_REMOTE'`. */
  readonly code: string;

  constructor(message: string, code: string = usualCode) {
    super(message);
    this.code = code;
  }

  static {
    this.prototype.name = 'RemoteError';
  }
}

/** At most so many bytes of UTF-8, without a zero byte and half a character. */
function cut(text: string, most: number): Buffer {
  const bytes = Buffer.from(text.replaceAll('\0', ' '));
  let end = Math.min(bytes.length, most);
  while (end < bytes.length && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

/** A property of what was thrown, which may be anything, and throw in its turn. */
function textOf(thrown: unknown, property: 'code' | 'message'): string | undefined {
  try {
    const value = (thrown as Partial<Record<typeof property, unknown>> | null | undefined)?.[
      property
    ];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Who asks must not be left with nothing, whatever was thrown. */
function messageOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  const isThing = (typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function';
  return isThing ? (textOf(thrown, 'message') ?? noMessage) : `${String(thrown)} was thrown`;
}

/** What was thrown, as the payload of a frame. */
export function encodeError(thrown: unknown): Buffer {
  const code = textOf(thrown, 'code') ?? usualCode;
  const zero = Buffer.alloc(1);
  return Buffer.concat([cut(code, longestCode), zero, cut(messageOf(thrown), longestMessage)]);
}

export function decodeError(payload: Buffer): RemoteError {
  const zero = payload.indexOf(0);
  const code = zero > 0 ? payload.toString('utf8', 0, zero) : usualCode;
  return new RemoteError(payload.toString('utf8', zero + 1), code);
}
