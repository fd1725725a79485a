import { check, errnoOf, SystemError } from '../core/error';
import { laterLimitsOf, limitsOf } from '../core/limits';
import { iterate, iteration } from '../core/message-iterator';
import { OpenFile } from '../core/open-file';
import { optionsOf, timeoutOf, type TimeoutOptions, type WaitOptions } from '../core/options';
import { descriptorOf, OwnedDescriptor, type FromFdOptions } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import type { Action } from '../core/ready-line';
import { native } from '../native';
import { addressOf, type autobind, boundNameOf, nameOf, textOf, type Address } from './address';
import { configured } from './connecting';
import {
  bindNew,
  bindOrReplace,
  bindOrReplaceSync,
  unlinkBound,
  type SocketFile,
} from './socket-file';
import {
  backlogOf,
  configure,
  modeOf,
  socketPlan,
  type ServerOptions,
  type SocketPlan,
} from './socket-options';
import { examine } from './socket-type';

const EAGAIN = -errnoOf('EAGAIN');

/** A socket that listens. */
export interface Listening {
  descriptor: OwnedDescriptor;
  plan: SocketPlan;
  file: SocketFile | undefined;
}

interface Plan {
  name: Uint8Array;
  mode: number;
  backlog: number;
  plan: SocketPlan;
}

function planOf(name: Uint8Array, options: ServerOptions | undefined): Plan {
  return { name, mode: modeOf(options), backlog: backlogOf(options), plan: socketPlan(options) };
}

function socketOf(type: number, plan: SocketPlan): OwnedDescriptor {
  const descriptor = new OwnedDescriptor(check(native.unixSocket(type), 'socket'));
  try {
    configure(descriptor.number, plan);
    return descriptor;
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

function listen(descriptor: OwnedDescriptor, { name, backlog }: Plan): void {
  check(native.unixListen(descriptor.handle, backlog), 'listen', { path: textOf(name) });
}

/** Binds to an address that nobody has, and listens. */
export function listenNew(
  type: number,
  address: Address | typeof autobind,
  options: ServerOptions | undefined,
): Listening {
  const all = planOf(boundNameOf(address), options);
  const descriptor = socketOf(type, all.plan);
  try {
    const file = bindNew(descriptor, all.name, all.mode);
    listen(descriptor, all);
    return { descriptor, plan: all.plan, file };
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/** The same where a socket file that nobody uses is replaced. */
export async function listenOrReplace(
  type: number,
  address: Address,
  options: ServerOptions | undefined,
): Promise<Listening> {
  const all = planOf(nameOf(address), options);
  const descriptor = socketOf(type, all.plan);
  try {
    const file = await bindOrReplace(descriptor, all.name, all.mode);
    listen(descriptor, all);
    return { descriptor, plan: all.plan, file };
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/** The same, blocking the thread. */
export function listenOrReplaceSync(
  type: number,
  address: Address,
  options: ServerOptions | undefined,
): Listening {
  const all = planOf(nameOf(address), options);
  const descriptor = socketOf(type, all.plan);
  try {
    const file = bindOrReplaceSync(descriptor, all.name, all.mode);
    listen(descriptor, all);
    return { descriptor, plan: all.plan, file };
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/** One that another process has made, such as systemd. */
export function listeningFrom(
  type: number,
  fd: number,
  options: (FromFdOptions & ServerOptions) | undefined,
): Listening {
  const plan = socketPlan(options);
  const descriptor = descriptorOf(fd, options, examine(type, true));
  configure(descriptor.number, plan);
  return { descriptor, plan, file: undefined };
}

/** Accepts connections. */
export abstract class Server<S extends object> extends OpenFile implements AsyncIterable<S> {
  #file: SocketFile | undefined;
  readonly #accepting: Action<S>;

  protected constructor(
    what: string,
    { descriptor, plan, file }: Listening,
    wrap: (accepted: OwnedDescriptor, plan: SocketPlan) => S,
  ) {
    // accept(2) has no flag for it, and another process may take the connection that poll has shown.
    descriptor.setNonblocking();
    super(what, descriptor);
    this.#file = file;
    this.#accepting = accepting(this.handle, (made) => wrap(configured(made, plan), plan));
  }

  /**
   * Takes the next connection; waits while there is none.
   *
   * Errors: EMFILE, ENFILE (the connection stays), EINVAL (somebody who shares it has shut it down),
   * ETIMEDOUT, ERR_CLOSED. Source: accept(2).
   */
  async accept(options?: WaitOptions): Promise<S> {
    this.checkOpen();
    return this.incoming.run(this.#accepting, limitsOf(options), methods.accept);
  }

  /** As `accept`, blocking the thread. */
  acceptSync(options?: TimeoutOptions): S {
    this.checkOpen();
    return this.incoming.runSync(this.#accepting, timeoutOf(optionsOf(options)));
  }

  /** As `accept`; undefined where it would have to wait. */
  tryAccept(): S | undefined {
    this.checkOpen();
    return this.incoming.try(this.#accepting);
  }

  /**
   * Iterates over connections, waiting for each, until the server is closed.
   *
   * ```js
   * for await (const socket of server) void serve(socket);
   * ```
   */
  connections(options?: WaitOptions): AsyncIterableIterator<S> {
    const check = (): void => {
      this.checkOpen();
    };
    return iterate(laterLimitsOf(options), check, (limits) =>
      this.incoming.run(this.#accepting, limits, iteration.next),
    );
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<S> {
    return this.connections();
  }

  /** Where it listens. Source: getsockname(2). */
  get address(): Address | undefined {
    this.checkOpen();
    return addressOf(this.handle, false);
  }

  /** Removes the file that this server has made. Errors: ENOENT (it has none, or not any more). */
  unlink(): Promise<void> {
    return promised(() => {
      this.unlinkSync();
    });
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    unlinkBound(this.#file);
    this.#file = undefined;
  }
}

function accepting<S>(handle: number, wrap: (handle: number) => S): Action<S> {
  const failure = (error: number | string): SystemError => new SystemError(error, 'accept');
  return {
    attempt: () => {
      const accepted = native.unixAccept(handle);
      if (accepted >= 0) return wrap(accepted);
      if (accepted === EAGAIN) return undefined;
      throw failure(accepted);
    },
    failure,
  };
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'accept', unknown> = Server.prototype;
