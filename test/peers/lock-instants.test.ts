/** Waits of C until an instant: also where the caller has not carried the nanoseconds over. */

import { startC } from '../support/processes';

test('an instant that is none is EINVAL, one long ago ETIMEDOUT: nothing spins', async () => {
  const peer = await startC('lock-instants', []);
  const waits = ['mutex', 'event', 'barrier', 'condition', 'read', 'write', 'upgrade', 'once'];
  const ends = 'ETIMEDOUT ETIMEDOUT EINVAL EINVAL EINVAL';
  expect((await peer.success()).split('\n')).toEqual([
    ...waits.map((wait) => `${wait} ${ends}`),
    'barrier, stopped: -1 ETIMEDOUT 0',
    '',
  ]);
});
