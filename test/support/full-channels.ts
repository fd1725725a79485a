/** Channels that are filled, and emptied. */

import type { channel } from 'posix-ipc';

/** Eight bytes. */
export function numberOf(i: number): string {
  return String(i).padStart(8);
}

/** Sends until there is no room for eight bytes. */
export function fill(sender: channel.Sender): void {
  while (sender.trySend('12345678'));
  sender.flush();
}

/** All that is there. */
export function collect(receiver: channel.Receiver): channel.Message[] {
  const all: channel.Message[] = [];
  for (let next = receiver.tryReceive(); next !== undefined; next = receiver.tryReceive()) {
    all.push(next);
  }
  return all;
}

export function texts(receiver: channel.Receiver): string[] {
  return collect(receiver).map(({ data }) => data.toString());
}
