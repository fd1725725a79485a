import { inspect } from 'node:util';

import { native } from '../native';

/** errno -> [code, text], from the addon's one list. */
const byNumber = new Map<number, [code: string, text: string]>();
const byCode = new Map<string, number>();

for (const [errno, code, text] of native.errorTable()) {
  byNumber.set(errno, [code, text]);
  byCode.set(code, errno);
}

/** Waits that could not begin, which are no errno (native/core/wait/operation.h, poller.h): who said what, and why. */
const shortages = new Map<number, [code: string, syscall: string, hint: string]>([
  [
    4097,
    [
      'EAGAIN',
      'pthread_create',
      'no thread to wait with: the limit is ulimit -u (RLIMIT_NPROC, LimitNPROC=), ' +
        'pids.max of the cgroup (TasksMax=), kernel.threads-max, or memory',
    ],
  ],
  [
    4098,
    [
      'EAGAIN',
      'timer_create',
      'no timer to wait with: too many signals are pending for this user; ' +
        'raise ulimit -i (RLIMIT_SIGPENDING, LimitSIGPENDING=)',
    ],
  ],
  [
    4099,
    [
      'ENOSPC',
      'epoll_ctl',
      'this user waits for as many descriptors as fs.epoll.max_user_watches allows; root raises it with sysctl -w',
    ],
  ],
]);

/** The number of an errno by its name, on this machine. */
export function errnoOf(code: string): number {
  const errno = byCode.get(code);
  if (errno === undefined) throw new Error(`posix-ipc: no errno named ${code}`);
  return errno;
}

/** What a failed system call was about. */
export interface SystemErrorContext {
  /** The System V key. */
  key?: number | undefined;
  /** The System V identifier. */
  id?: number | undefined;
  /** The file. */
  path?: string | undefined;
  /** The process. */
  pid?: number | undefined;
  /** The descriptor, where that is all that is known. */
  fd?: number | undefined;
  /** One sentence more, such as the kernel limit that was hit and how to raise it. */
  hint?: string | undefined;
}

function numbered(what: string, number: number | undefined): string {
  return number === undefined ? '' : ` ${what} ${String(number)}`;
}

function target(context: SystemErrorContext): string {
  if (context.path !== undefined) return ` '${context.path}'`;
  const key =
    context.key === undefined || context.key === 0 ? '' : ` 0x${(context.key >>> 0).toString(16)}`;
  return (
    key + numbered('id', context.id) + numbered('pid', context.pid) + numbered('fd', context.fd)
  );
}

/**
 * A system call that failed, in the shape of Node's own system errors.
 *
 * `code` is the errno's name (`'ENOENT'`), `errno` its negated number, `syscall` the call's name;
 * `key`, `id`, `path`, `pid` or `fd` say what it was about. Source: errno(3).
 *
 * ```js
 * try {
 *   sysv.MessageQueue.openSync(0x4d2);
 * } catch (error) {
 *   console.log(error.message); // ENOENT: no such file or directory, msgget 0x4d2
 * }
 * ```
 */
export class SystemError extends Error {
  /** The name of the errno, such as `'ENOENT'`. */
  readonly code: string;
  /** Its number, negated, as in Node's own errors. */
  readonly errno: number;
  /** The call that failed. */
  readonly syscall: string;
  /** The System V key. */
  declare readonly key?: number;
  /** The System V identifier. */
  declare readonly id?: number;
  /** The file, or the POSIX name. */
  declare readonly path?: string;
  /** The process. */
  declare readonly pid?: number;
  /** The descriptor, where that is all that is known. */
  declare readonly fd?: number;

  constructor(error: number | string, syscall: string, context: SystemErrorContext = {}) {
    const number = typeof error === 'string' ? errnoOf(error) : Math.abs(error);
    const shortage = shortages.get(number);
    const errno = shortage === undefined ? number : errnoOf(shortage[0]);
    const [code, text] = byNumber.get(errno) ?? [`E${String(errno)}`, 'unknown error'];
    const [, call, hint] = shortage ?? [code, syscall, context.hint];
    super(`${code}: ${text}, ${call}${target(context)}${hint === undefined ? '' : ` (${hint})`}`);
    this.code = code;
    this.errno = -errno;
    this.syscall = call;
    if (context.key !== undefined) this.key = context.key;
    if (context.id !== undefined) this.id = context.id;
    if (context.path !== undefined) this.path = context.path;
    if (context.pid !== undefined) this.pid = context.pid;
    if (context.fd !== undefined) this.fd = context.fd;
  }

  static {
    this.prototype.name = 'SystemError';
  }
}

/** The result of a call, or a SystemError if it is a negated errno. */
export function check(result: number, syscall: string, context?: SystemErrorContext): number {
  if (result < 0) throw new SystemError(result, syscall, context);
  return result;
}

/** An object was used, or waited with, after `close()`. `code` is `'ERR_CLOSED'`. */
export class ClosedError extends Error {
  /** As of Node's own errors. */
  readonly code = 'ERR_CLOSED';

  constructor(what: string) {
    super(`The ${what} is closed`);
  }

  static {
    this.prototype.name = 'ClosedError';
  }
}

interface Coded {
  code: string;
}

/** The `name` of a function, or of the class of an object; '' where it has none, or throws when it is asked for it. */
function nameOf(value: object): string {
  try {
    const one: unknown = typeof value === 'function' ? value : value.constructor;
    const name: unknown = typeof one === 'function' ? one.name : '';
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (typeof value === 'object') return `an instance of ${nameOf(value) || 'Object'}`;
  if (typeof value === 'function') return `function ${nameOf(value)}`;
  const text = typeof value === 'string' ? value.slice(0, 28) : value;
  return `type ${typeof value} (${inspect(text)})`;
}

/** A TypeError with code ERR_INVALID_ARG_TYPE, worded as Node's own. */
export function invalidType(name: string, expected: string, actual: unknown): TypeError & Coded {
  const message = `The "${name}" argument must be ${expected}. Received ${describe(actual)}`;
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}

type Primitive = string | number | bigint | boolean | symbol | null | undefined;

function isPrimitive(value: unknown): value is Primitive {
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}

/** Text that was given, as messages show it. */
export function quoted(text: string): string {
  return `'${text.slice(0, 28)}'`;
}

/** A RangeError with code ERR_OUT_OF_RANGE, worded as Node's own. */
export function outOfRange(name: string, expected: string, actual: unknown): RangeError & Coded {
  const received = isPrimitive(actual) ? String(actual) : describe(actual); // toString may throw
  const message = `The value of "${name}" is out of range. It must be ${expected}. Received ${received}`;
  return Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' });
}
