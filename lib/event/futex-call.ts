import { SystemError } from '../core/error';
import type { Call } from '../core/lane';
import { quick4 } from '../core/quick';
import type { Spin } from '../core/spin';
import { native } from '../native';

/** How a wait ended: `'not-equal'` if the word held another value than was expected. */
export type FutexResult = 'ok' | 'not-equal';

/** Where a word is. */
export interface Place {
  mapping: number;
  byteOffset: number;
}

/** How the native wait ends (native/event/futex_word.h). */
const NOT_EQUAL = 1;

export function resultOf(result: number): FutexResult {
  return result === NOT_EQUAL ? 'not-equal' : 'ok';
}

export function failure(error: number | string): SystemError {
  return new SystemError(error, 'futex');
}

function differs(result: number): 'not-equal' | undefined {
  if (result < 0) throw failure(result);
  return result === NOT_EQUAL ? 'not-equal' : undefined;
}

/** One wait: an entry of its own in the kernel's queue of the word. */
export class FutexCall implements Call<FutexResult> {
  constructor(
    private readonly place: Place,
    private readonly expected: number,
    private readonly spin: Spin,
  ) {}

  attempt(): FutexResult | undefined {
    const { mapping, byteOffset } = this.place;
    return differs(native.futexCheck(mapping, byteOffset, this.expected));
  }

  /** Tries on for a while, where that has paid lately. */
  linger(): FutexResult | undefined {
    const { mapping, byteOffset } = this.place;
    return this.spin.run((duration) =>
      differs(native.futexSpin(mapping, byteOffset, this.expected, duration)),
    );
  }

  start(): number {
    return native.futexWaitStart(this.place.mapping, this.place.byteOffset, this.expected);
  }

  block(timeout: number): [number, number, number] {
    const { mapping, byteOffset } = this.place;
    return [quick4(native.futexWaitFor, mapping, byteOffset, this.expected, timeout), 0, 0];
  }

  complete(result: number, _low: number, _high: number, took: number): FutexResult {
    this.spin.answered(took);
    return resultOf(result);
  }

  failure(error: number | string): SystemError {
    return failure(error);
  }
}
