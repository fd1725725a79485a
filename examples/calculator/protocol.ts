/** How a client finds the server, and the server its clients. */

import { tmpdir } from 'node:os';
import path from 'node:path';

export const usualName = '/calculator';

/** The server holds it: so there is one, and who it is can be read. */
export function pidFileOf(name: string): string {
  return path.join(tmpdir(), `${name}.pid`);
}

/** The queue into which a client puts its pid, as text. */
export const queueOptions = { maxMessages: 8, messageSize: 16 };

/** Milliseconds that either waits for the other. */
export const patience = 10_000;
