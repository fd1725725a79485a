/** posix-ipc: events with automatic reset, one for each type of message. The address is the memory's name. */

import type { lock } from 'posix-ipc';
import type { Driver } from '../core/driver';
import { exchange } from '../core/exchange';
import { Locks } from '../core/locks';
import { Slots } from '../core/slots';

export const open: Driver['open'] = (address) => {
  const slots = Slots.open(address);
  const { events } = new Locks(slots.mapping);
  const of = (type: number): lock.Event => events[type - 1] as lock.Event;
  return exchange(slots, {
    send: (type) => {
      of(type).set();
    },
    receiveSync: (type) => {
      of(type).waitSync();
    },
    receive: (type) => of(type).wait(),
  });
};
