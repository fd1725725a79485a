/** Ordinary memory of JavaScript: what memory that is mapped is compared with. */

import { accesses } from '../core/accesses';
import type { Driver } from '../core/driver';

export const open: Driver['open'] = () => ({ repeat: accesses((size) => new ArrayBuffer(size)) });
