/** Where the programs of a row with channels meet, and those that stand beside them. */

import { makeChannels } from '../core/channels';
import { making } from '../core/cleanup';
import type { Meeting } from '../core/measure';
import type { Work } from '../core/params';
import { REPLY, Slots } from '../core/slots';
import { meet as meetSockets } from './unix-sockets-meeting';

/** Channels and sockets, at one address. */
export function meetAll(work: Work, sockets: Meeting = meetSockets(work)): Meeting {
  const channels = making((undo) => {
    undo(sockets.remove);
    return makeChannels(sockets.address, work);
  });
  return {
    ...sockets,
    complaint: () => channels.complaint() ?? sockets.complaint(),
    remove: () => {
      channels.remove();
      sockets.remove();
    },
  };
}

/** Channels, slots of memory, and the sockets that a program inherits. */
export function meet(work: Work): Meeting {
  const sockets = meetSockets(work);
  const slots = making((undo) => {
    undo(sockets.remove);
    return Slots.make(REPLY);
  });
  return meetAll(work, {
    ...sockets,
    address: `${slots.name}:${String(work.size)}`,
    remove: () => {
      sockets.remove();
      slots.close();
      slots.unlinkSync();
    },
  });
}
