/** Datagrams of the npm package node-unix-socket. */

import type { Driver } from '../core/driver';
import { placeOf } from '../core/sockets';
import { events } from './events';
import { datagrams } from './node-unix-socket';

export const open: Driver['open'] = (address) => events(datagrams(placeOf(address)));
