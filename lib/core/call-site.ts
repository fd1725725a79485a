/**
 * Errors that are made when a wait ends carry the stack of the event loop, which tells nobody
 * anything. They get the stack of the call that waited, in one of two ways: both point at the
 * caller's line.
 */

import { ClosedError, SystemError } from './error';

/**
 * The stack of a call, captured when it begins to wait. That costs some microseconds, so it is for
 * calls that are likely to fail: those with a timeout or a signal.
 */
export class CallSite {
  readonly #site: { stack?: string } = {};

  /** `method` is the public method; the stack begins at its caller. */
  constructor(method: unknown) {
    if (typeof method === 'function') Error.captureStackTrace(this.#site, method);
  }

  /** The error, with the caller's stack. */
  mark<E extends Error>(error: E): E {
    const frames = (this.#site.stack ?? '').split('\n').slice(1);
    error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
    marked.add(error);
    return error;
  }
}

const marked = new WeakSet();

/**
 * What a promise gives. A failure that was not marked gets the stack of those who await it: V8
 * knows them at no cost.
 */
export async function toCaller<R>(promise: Promise<R>): Promise<R> {
  try {
    return await promise;
  } catch (error) {
    const ours = error instanceof SystemError || error instanceof ClosedError;
    if (ours && !marked.has(error)) Error.captureStackTrace(error, toCaller);
    throw error;
  }
}
