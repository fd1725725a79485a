/** Direct channels that are called with odd values: see odd-objects.ts. */

import { channel } from 'posix-ipc';

/** What blocks the thread in which the other end is, too. */
export const endlessOfDirect = ['requestSync', 'requestValueSync', 'receiveSync', 'endedSync'].map(
  (name) => `channel.Direct#${name}`,
);

/** The other end gives up, or follows, when this one is closed by what is answered. */
export function oddDirect(): { object: channel.Direct; close: () => void } {
  const leaving = new AbortController();
  const first = channel.direct('odd', { capacity: 1024, signal: leaving.signal });
  const object = channel.directSync('odd');
  first.then(
    (one) => {
      one.close();
    },
    () => undefined,
  );
  const close = (): void => {
    object.close();
    leaving.abort();
  };
  return { object, close };
}
