/** posix-ipc: an end of a pair of seqpacket sockets, inherited. */

import { unix } from 'posix-ipc';
import type { Driver } from '../core/driver';
import { DESCRIPTORS } from '../core/sockets';
import { packets } from './packets';

export const open: Driver['open'] = () => {
  const socket = unix.SeqPacket.fromFdSync(DESCRIPTORS.seqpacket);
  return packets({ incoming: () => socket, outgoing: () => socket });
};
