/** What nobody else is in the way of makes no system call. */

import path from 'node:path';

import { isSanitized, testIf } from '../support/machine';
import { startC } from '../support/processes';

const times = 10_000;

/** Those of the collector and of the compiler, and of an event loop that is let go on now and then. */
const most = times / 20;

for (const what of [
  'lockSync',
  'tryLock',
  'lock',
  'lockSync, fair',
  'readLockSync',
  'writeLockSync',
  'set and reset',
  'runSync',
]) {
  testIf(!isSanitized, 'a sanitizer makes calls of its own')(what, async () => {
    const program = path.resolve(__dirname, '../../dist-programs/test/fixtures/uncontended.js');
    const args = [process.execPath, program, what, String(times)];
    const counted = (await (await startC('count-calls', args)).success()).trim();
    expect(counted === 'refused' || Number(counted) < most).toBe(true);
  });
}
