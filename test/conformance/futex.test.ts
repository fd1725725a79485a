/** Words that processes wait for: C, and both forms of event.Futex agree. */

import { futexRows } from './futex';
import { testTable } from './table';

testTable('futex', ['waitSync', 'wait'], { futex: futexRows });
