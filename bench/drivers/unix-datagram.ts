/** posix-ipc: datagrams between sockets with an address, those of each type to one of its own. */

import { unix } from 'posix-ipc';
import type { Driver } from '../core/driver';
import { boundTo, insist, placeOf } from '../core/sockets';
import { packets } from './packets';

export const open: Driver['open'] = (address) => {
  const place = placeOf(address);
  return packets({
    incoming: (type) => unix.Datagram.createSync(boundTo(place, type)),
    outgoing: (type) => insist(() => unix.Datagram.connectSync(boundTo(place, type))),
  });
};
