/** What a program that takes part is told: a driver's, in Node, and the C program's, in the same order. */
export interface Params {
  address: string;
  /** Bytes of a message. */
  size: number;
  /** Messages before the timed part, during it, and after it. All but the timed ones are verified. */
  warm: number;
  count: number;
  check: number;
  /** Microseconds of rest before each timed round trip. */
  pause: number;
  /** Messages per call, where a call takes many. Not for C, like the next two. */
  batch: number;
  /** How many different selectors the pending receives have. */
  selectors: number;
  /**
   * How many there are of the program of which there may be several: who receive each message, repeat the work
   * at the same time, send to one channel, or share it. One where nothing is said about it.
   */
  receivers?: number;
  /** How many requests are under way at most, where they do not wait for each other; C is told this and what follows. */
  window?: number;
  /** Requests per second, where they have a schedule; 0: a share of what was measured. */
  rate?: number;
}

/** The number of the first descriptor that a program inherits besides the usual three. */
export const FIRST_INHERITED = 3;

/** All but the place where the programs meet, which each sample has for itself. */
export type Work = Omit<Params, 'address'>;

export function toArguments(params: Params): string[] {
  const { address, size, warm, count, check, pause, batch, selectors } = params;
  const { receivers = 1, window = 1, rate = 0 } = params;
  const numbers = [size, warm, count, check, pause, batch, selectors, receivers, window, rate];
  return [address, ...numbers.map(String)];
}

export function fromArguments([address = '', ...numbers]: readonly string[]): Params {
  const [
    size = 0,
    warm = 0,
    count = 0,
    check = 0,
    pause = 0,
    batch = 1,
    selectors = 1,
    receivers = 1,
    window = 1,
    rate = 0,
  ] = numbers.map(Number);
  const common = { address, size, warm, count, check, pause, batch, selectors };
  return { ...common, receivers, window, rate };
}
