/** What syslog(3) does, for programs that log for a long time. */

import { SystemError, unix } from 'posix-ipc';

import { format, type Severity } from './message';

/** The daemon has: the first send that finds it gone is told ECONNREFUSED, those behind it ENOTCONN. */
const hasLeft = new Set(['ECONNREFUSED', 'ENOTCONN']);

export class SystemLog implements Disposable {
  readonly #tag: string;
  readonly #path: string;
  readonly #socket: unix.Datagram;

  private constructor(tag: string, path: string, socket: unix.Datagram) {
    this.#tag = tag;
    this.#path = path;
    this.#socket = socket;
  }

  static async open(tag: string, path = '/dev/log'): Promise<SystemLog> {
    return new SystemLog(tag, path, await unix.Datagram.connect(path));
  }

  /** Waits while the daemon has no room; a daemon that was started anew is found again. */
  async log(severity: Severity, text: string): Promise<void> {
    const message = format(severity, this.#tag, text);
    try {
      await this.#socket.send(message);
    } catch (error) {
      if (!(error instanceof SystemError && hasLeft.has(error.code))) throw error;
      await this.#socket.connect(this.#path);
      await this.#socket.send(message);
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
