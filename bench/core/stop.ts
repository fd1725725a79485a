/** Ctrl-C while it is measured: what is known by then is told. */

/** Whether to stop is asked between samples, and where one of them fails. */
export interface Stop {
  isAsked: () => boolean;
}

/** Of a run that nobody stops. */
export const never: Stop = { isAsked: () => false };

/** The first interruption while it is measured only asks to stop; all others end the process. */
export class Interruption implements Stop {
  #isAsked = false;
  #isMeasuring = false;

  /** What is measured meanwhile is told after an interruption. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#isMeasuring = true;
    try {
      return await work();
    } finally {
      this.#isMeasuring = false;
    }
  }

  /** Answers whether the process goes on for now. */
  ask(): boolean {
    if (!this.#isMeasuring || this.#isAsked) return false;
    this.#isAsked = true;
    return true;
  }

  isAsked(): boolean {
    return this.#isAsked;
  }
}
