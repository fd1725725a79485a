/** Robust mutexes: those of libc, and both forms of lock.Mutex agree. */

import { mutexRows } from './mutex';
import { testTable } from './table';

testTable('mutex', ['lockSync', 'lock'], { mutex: mutexRows });
