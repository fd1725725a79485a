import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { type FromFdOptions } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import type { Address, autobind } from './address';
import { SOCK_SEQPACKET } from './constants';
import { SeqPacket } from './seqpacket';
import {
  listeningFrom,
  listenNew,
  listenOrReplace,
  listenOrReplaceSync,
  Server,
  type Listening,
} from './server';
import type { ServerOptions } from './socket-options';

/**
 * Accepts connections as `unix.SeqPacket`.
 *
 * It is O_NONBLOCK, for all who share it. `close` leaves its file, as a stale one; `unlink` removes
 * it. Source: unix(7), listen(2).
 *
 * ```js
 * const server = await unix.SeqPacketServer.openOrCreate('/run/user/1000/store', { mode: 0o600 });
 * for await (const socket of server) void serve(socket);
 * ```
 */
export class SeqPacketServer extends Server<SeqPacket> {
  private constructor(by: ByOpener, listening: Listening) {
    checkOpener(by, SeqPacketServer);
    super(
      'seqpacket server',
      listening,
      (accepted, plan) => new SeqPacket(byOpener, accepted, plan),
    );
  }

  /**
   * Listens at an address that nobody has: a path, an abstract name, or `autobind`. The file has the
   * mode exactly, from the start.
   *
   * Errors: EADDRINUSE, EACCES, ENOENT (no such folder), EMFILE. Source: bind(2), listen(2).
   */
  static create(
    address: Address | typeof autobind,
    options?: ServerOptions,
  ): Promise<SeqPacketServer> {
    return promised(() => SeqPacketServer.createSync(address, options));
  }

  /** As `create`, at once. */
  static createSync(address: Address | typeof autobind, options?: ServerOptions): SeqPacketServer {
    return new SeqPacketServer(byOpener, listenNew(SOCK_SEQPACKET, address, options));
  }

  /**
   * As `create`; a socket file that no process has bound is replaced, one that is in use never.
   *
   * Errors: as `create`.
   */
  static async openOrCreate(address: Address, options?: ServerOptions): Promise<SeqPacketServer> {
    return new SeqPacketServer(byOpener, await listenOrReplace(SOCK_SEQPACKET, address, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(address: Address, options?: ServerOptions): SeqPacketServer {
    return new SeqPacketServer(byOpener, listenOrReplaceSync(SOCK_SEQPACKET, address, options));
  }

  /** Uses a listening socket that another process has passed. Errors: EBADF, ENOTSOCK, EPROTOTYPE, EINVAL. */
  static fromFd(fd: number, options?: FromFdOptions & ServerOptions): Promise<SeqPacketServer> {
    return promised(() => SeqPacketServer.fromFdSync(fd, options));
  }

  /** As `fromFd`, at once. */
  static fromFdSync(fd: number, options?: FromFdOptions & ServerOptions): SeqPacketServer {
    return new SeqPacketServer(byOpener, listeningFrom(SOCK_SEQPACKET, fd, options));
  }
}
