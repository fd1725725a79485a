import type { Codec } from '../codec';
import type { Request, RequestHandler } from './answers';

/** A value that somebody asks with. */
export interface ValueRequest {
  /** As who asks has given it. */
  readonly type: number;
  /** What the codec has made of its bytes. */
  readonly value: unknown;
  /** As of a `Request`. */
  readonly signal: AbortSignal;
}

/** What answers requests by values, which the `codec` encodes. */
export type ValueRequestHandler = (request: ValueRequest) => unknown;

/** A request with its value; its signal is made when it is asked for. */
class WithValue implements ValueRequest {
  constructor(
    private readonly request: Request,
    readonly value: unknown,
  ) {}

  get type(): number {
    return this.request.type;
  }

  get signal(): AbortSignal {
    return this.request.signal;
  }
}

/** The same, of the bytes of values. */
export function byValues(codec: Codec, handler: ValueRequestHandler): RequestHandler {
  return async (request) => {
    const value = codec.decode(request.data);
    return codec.encode(await handler(new WithValue(request, value)));
  };
}
