/** Where the two programs of a row find each other by channels: as in c/channel.c. */

import { channel } from 'posix-ipc';
import { making } from './cleanup';
import type { Meeting } from './measure';
import type { Work } from './params';
import { REPLY, REQUEST } from './slots';

const [LEAST, MOST] = [1 << 20, 1 << 24];

/** In the place of a type: no channel has this one. */
const DIRECT = 0;

/** Good for messages of a size: room for 16 of them, but not too little and not too much. */
function capacityFor(size: number): number {
  return Math.min(Math.max(LEAST, 16 * size), MOST);
}

/** The channel of a type; the address may end with a colon and more. */
export function channelName(address: string, type: number): string {
  return `${(address.split(':')[0] ?? '').split('/').at(-1) ?? ''}-${String(type)}`;
}

/** The name that the two ends of a `channel.direct` meet at. */
export function directName(address: string): string {
  return `/${channelName(address, DIRECT)}`;
}

/** One way the same channel, but unbounded. */
export function unboundedName(address: string): string {
  return `${channelName(address, REQUEST)}-unbounded`;
}

/** Makes the channels of a row, one for each type: `complaint` and `remove` as of a Meeting. */
export function makeChannels(
  address: string,
  { size, selectors }: Work,
): Pick<Meeting, 'complaint' | 'remove'> {
  const types = Array.from({ length: Math.max(REPLY, selectors) }, (_, i) => REQUEST + i);
  const capacity = types.length > REPLY ? 1024 : capacityFor(size);
  const all: channel.Channel[] = [];
  const remove = (): void => {
    for (const one of all) {
      one.close();
      one.unlinkSync();
    }
  };
  making((undo) => {
    undo(remove);
    for (const type of types)
      all.push(channel.Channel.createSync(channelName(address, type), { capacity }));
    all.push(channel.Channel.createSync(unboundedName(address), { capacity: 'unbounded' }));
  });
  return {
    complaint: () =>
      all.some((one) => one.statSync().depth > 0) ? 'messages are left in a channel' : undefined,
    remove,
  };
}
