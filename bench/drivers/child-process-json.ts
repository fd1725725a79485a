/** child_process with `serialization: 'json'`. */

import type { Driver } from '../core/driver';
import { channel } from './child-process';

export const open: Driver['open'] = () => channel('json');
