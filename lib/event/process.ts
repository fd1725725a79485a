import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { check, errnoOf, SystemError, type SystemErrorContext } from '../core/error';
import { limitsOf } from '../core/limits';
import { OpenFile } from '../core/open-file';
import {
  integer,
  optionsOf,
  timeoutOf,
  type TimeoutOptions,
  type WaitOptions,
} from '../core/options';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import { Direction } from '../core/ready';
import type { Action } from '../core/ready-line';
import { signalNumber } from '../core/signal-number';
import { native } from '../native';

/** Which of the processes that may have had a pid is meant. */
export interface ProcessOptions {
  /**
   * When it was started, in clock ticks since boot, as `startTime` of an earlier object or field 22
   * of /proc/PID/stat has it: another process that has the pid by now is ESRCH.
   */
  startTime?: number | undefined;
}

const [EINVAL, ENOENT] = [-errnoOf('EINVAL'), -errnoOf('ENOENT')]; // which one depends on the kernel
const [ENOSYS, EPERM, ESRCH] = [-errnoOf('ENOSYS'), -errnoOf('EPERM'), -errnoOf('ESRCH')];
const hidden = 'it runs, but /proc does not show it: see hidepid in proc(5)';
const mostPid = 2 ** 31 - 1;
const startTimeField = 19; // the fields that follow the name; the name itself may hold anything

function startTimeOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[startTimeField]);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

const thread = 'the number is a thread of a process: ask for the process';

const hints = new Map([
  [EINVAL, thread],
  [ENOENT, thread],
  [ENOSYS, 'it needs Linux 5.3 or later'],
  [EPERM, 'a filter of system calls, as of an old Docker, does not let it through'], // the kernel never does
]);

function contextOf(pid: number, error: number): SystemErrorContext {
  return { pid, hint: hints.get(error) };
}

/**
 * A process, held by a descriptor: it stays this process, whoever has its pid later.
 *
 * It can be any process, not only a child, and tells nothing but that it has ended: who is its
 * parent learns how. Source: pidfd_open(2), pidfd_send_signal(2).
 *
 * ```js
 * using daemon = event.Process.openSync(pid);
 * await daemon.ended(); // also after a SIGKILL
 * ```
 */
export class Process extends OpenFile {
  /** Its number. */
  readonly pid: number;
  /** When it was started, in clock ticks since boot: with the pid it names a process for ever. */
  readonly startTime: number;
  readonly #waiting: Action<true>;

  private constructor(
    by: ByOpener,
    pid: number,
    descriptor: OwnedDescriptor,
    expected: number | undefined,
  ) {
    checkOpener(by, Process);
    super('process handle', descriptor);
    this.pid = pid;
    // Read after it was opened: a pid that was used again is seen to be another's. And what was read is
    // its own where it still has the pid after that, as a zombie, too.
    try {
      const startTime = startTimeOf(pid);
      if (startTime === undefined && native.readyWait(this.handle, Direction.in, 0) !== 0) {
        throw new SystemError('EACCES', 'pidfd_open', { pid, hint: hidden });
      }
      const isAnother = expected !== undefined && expected !== startTime;
      if (startTime === undefined || isAnother || this.#isReaped()) {
        throw new SystemError('ESRCH', 'pidfd_open', { pid });
      }
      this.startTime = startTime;
    } catch (error) {
      this.close();
      throw error;
    }
    const { handle } = this;
    this.#waiting = {
      attempt: () => (native.readyWait(handle, Direction.in, 0) === 0 ? true : undefined),
      failure: (error) => new SystemError(error, 'poll', { pid }),
    };
  }

  /**
   * Opens a process. Errors: ESRCH; ENOENT or EINVAL (it is a thread of a process); EACCES
   * (it runs, but /proc does not show it: hidepid); EMFILE; ENOSYS (before Linux 5.3); EPERM (a filter of
   * system calls). Source: pidfd_open(2).
   */
  static open(pid: number, options?: ProcessOptions): Promise<Process> {
    return promised(() => Process.openSync(pid, options));
  }

  /** As `open`, at once. */
  static openSync(pid: number, options?: ProcessOptions): Process {
    const number = integer('pid', pid, 1, mostPid);
    const { startTime } = optionsOf(options);
    const expected =
      startTime === undefined
        ? undefined
        : integer('options.startTime', startTime, 0, Number.MAX_SAFE_INTEGER);
    const handle = native.pidfdOwned(number, 0);
    if (handle < 0) throw new SystemError(handle, 'pidfd_open', contextOf(number, handle));
    return new Process(byOpener, number, new OwnedDescriptor(handle), expected);
  }

  /** Waits for its end, a zombie's included. Errors: ETIMEDOUT, ERR_CLOSED. */
  async ended(options?: WaitOptions): Promise<void> {
    this.checkOpen();
    const waiting = this.incoming.run(this.#waiting, limitsOf(options), methods.ended);
    if (waiting !== true) await waiting;
  }

  /** As `ended`, blocking the thread. */
  endedSync(options?: TimeoutOptions): void {
    this.checkOpen();
    this.incoming.runSync(this.#waiting, timeoutOf(optionsOf(options)));
  }

  /** Whether it has ended. */
  tryEnded(): boolean {
    this.checkOpen();
    return this.#waiting.attempt() === true;
  }

  #isReaped(): boolean {
    return native.pidfdSendSignal(this.number, 0) === ESRCH;
  }

  /**
   * Sends a signal to this process, never to another that has got its pid.
   *
   * `signal` is a number or a name, by default SIGTERM. Errors: ESRCH (it has ended), EPERM.
   */
  kill(signal: number | NodeJS.Signals = constants.signals.SIGTERM): void {
    const number = signalNumber('signal', signal, 0);
    check(native.pidfdSendSignal(this.fd, number), 'pidfd_send_signal', { pid: this.pid });
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'ended', unknown> = Process.prototype;

/**
 * Waits for the end of any process: as `Process.open` and `ended`.
 *
 * Errors: ESRCH (there is none, or `startTime` is another's), ETIMEDOUT.
 */
export async function watchProcess(
  pid: number,
  options?: ProcessOptions & WaitOptions,
): Promise<void> {
  const limits = limitsOf(options);
  using watched = Process.openSync(pid, options);
  await watched.ended(limits);
}
