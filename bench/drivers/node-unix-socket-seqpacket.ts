/** Seqpackets of the npm package node-unix-socket. */

import type { Driver } from '../core/driver';
import { placeOf } from '../core/sockets';
import { events } from './events';
import { seqpackets } from './node-unix-socket';

export const open: Driver['open'] = (address) => events(seqpackets(placeOf(address)));
