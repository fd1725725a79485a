import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { errnoOf, SystemError } from '../core/error';
import { limitsOf } from '../core/limits';
import { MessageIterator } from '../core/message-iterator';
import { OpenFile } from '../core/open-file';
import {
  integer,
  optionsOf,
  throwIfAborted,
  timeoutOf,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import type { Action } from '../core/ready-line';
import { native } from '../native';
import { SIGRTMAX, SIGRTMIN } from './signal';

/** A signal that has come. */
export interface ReceivedSignal {
  /** Its number. */
  signal: number;
  /** What `sigqueue` gave it, or `mq_notify` or a timer (`sigev_value`); 0 for a signal of kill(2). */
  value: number;
  /** Who sent it; 0 for the kernel. */
  pid: number;
  /** The user of who sent it. */
  uid: number;
  /** How it was sent: sigqueue(3), kill(2) or tgkill(2), something else (a timer, mq_notify). */
  sentBy: 'sigqueue' | 'kill' | 'other';
}

const EAGAIN = -errnoOf('EAGAIN');
const EBUSY = -errnoOf('EBUSY');
const ETIMEDOUT = -errnoOf('ETIMEDOUT');

const hints = new Map([
  [EBUSY, 'this process has a handler for that signal'],
  [EAGAIN, 'RLIMIT_SIGPENDING signals of this user wait: ulimit -i'],
  [ETIMEDOUT, 'a thread of this process does not answer'],
]);

const SI_USER = 0;
const SI_QUEUE = -1;
const SI_TKILL = -6;
/** What the addon makes of SI_USER, where it had to send one on (native/event/signal_queue.cc). */
const SENT_ON = SI_QUEUE - 1001;
const valueWord = 11; // ssi_int

/** struct signalfd_siginfo. */
const record = new Int32Array(32);
const RECORD = native.registerSlab(record);

function senderOf(code: number): ReceivedSignal['sentBy'] {
  if (code === SI_QUEUE) return 'sigqueue';
  return [SI_USER, SI_TKILL, SENT_ON].includes(code) ? 'kill' : 'other';
}

/**
 * A real-time signal of this process, received as messages with value and sender.
 *
 * From the first `open` on the signal is blocked in every thread of this process, as signalfd(2)
 * needs it, and stays so: what comes waits in the kernel's queue, in the order in which it was sent,
 * up to RLIMIT_SIGPENDING, where `sigqueue` tells the sender EAGAIN. Nothing is lost, and a late
 * signal does not end the process. Where several objects receive one signal, each gets some of them.
 * Programs that are started have it unblocked again. Source: signalfd(2), sigqueue(3).
 *
 * ```js
 * using signals = event.SignalQueue.openSync(event.SIGRTMIN + 1);
 * for await (const { value, pid } of signals) console.log(pid, value);
 * ```
 */
export class SignalQueue extends OpenFile {
  /** The signal's number. */
  readonly signal: number;
  readonly #receiving: Action<ReceivedSignal>;

  private constructor(by: ByOpener, signal: number, descriptor: OwnedDescriptor) {
    checkOpener(by, SignalQueue);
    super('signal queue', descriptor);
    this.signal = signal;
    const { handle } = this;
    const failure = (error: number | string): SystemError => new SystemError(error, 'read');
    this.#receiving = {
      attempt: () => {
        const result = native.descriptorRead(handle, RECORD);
        if (result === EAGAIN) return undefined;
        if (result < 0) throw failure(result);
        const [number = 0, , code = 0, sender = 0, uid = 0] = record;
        const value = record[valueWord] ?? 0;
        return { signal: number, value, pid: sender, uid: uid >>> 0, sentBy: senderOf(code) };
      },
      failure,
    };
  }

  /**
   * Begins to receive a signal: SIGRTMIN to SIGRTMAX.
   *
   * Errors: EBUSY (this process has a handler for it; the package itself has one, by default for the
   * highest), EAGAIN (RLIMIT_SIGPENDING), ETIMEDOUT (a thread of this process does not answer), EMFILE.
   */
  static open(signal: number): Promise<SignalQueue> {
    return promised(() => SignalQueue.openSync(signal));
  }

  /** As `open`, at once. */
  static openSync(signal: number): SignalQueue {
    const number = integer('signal', signal, SIGRTMIN, SIGRTMAX);
    const handle = native.signalOpen(number);
    if (handle >= 0) return new SignalQueue(byOpener, number, new OwnedDescriptor(handle));
    const hint = hints.get(handle);
    throw new SystemError(handle, hint === undefined ? 'signalfd' : 'sigaction', {
      id: number,
      hint,
    });
  }

  /** Takes the next one; waits while there is none. Errors: ETIMEDOUT, ERR_CLOSED. */
  async receive(options?: WaitOptions): Promise<ReceivedSignal> {
    this.checkOpen();
    return this.incoming.run(this.#receiving, limitsOf(options), methods.receive);
  }

  /** As `receive`, blocking the thread. */
  receiveSync(options?: TimeoutOptions): ReceivedSignal {
    this.checkOpen();
    return this.incoming.runSync(this.#receiving, timeoutOf(optionsOf(options)));
  }

  /** As `receive`; undefined where it would have to wait. */
  tryReceive(): ReceivedSignal | undefined {
    this.checkOpen();
    return this.incoming.try(this.#receiving);
  }

  /** All that come, until the object is closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReceivedSignal> {
    const leaving = new AbortController();
    const limits = { timeout: Infinity, signal: leaving.signal };
    return new MessageIterator(() => {
      this.checkOpen();
      throwIfAborted(leaving.signal);
      return this.incoming.run(this.#receiving, limits, iteration.next);
    }, leaving);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'receive', unknown> = SignalQueue.prototype;
const iteration: Record<'next', unknown> = MessageIterator.prototype;
