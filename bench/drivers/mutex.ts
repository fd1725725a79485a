/** posix-ipc: the mutex in shared memory. The address is the memory's name. */

import { lock } from 'posix-ipc';
import type { Driver } from '../core/driver';
import { Slots } from '../core/slots';

export const open: Driver['open'] = (address) => {
  const mutex = lock.Mutex.at(Slots.open(address).mapping);
  return {
    repeat: {
      'lockSync + release': () => (count) => {
        for (let i = 0; i < count; i++) mutex.lockSync().release();
      },
      'tryLock + release': () => (count) => {
        for (let i = 0; i < count; i++) mutex.tryLock()?.release();
      },
      'await lock + release': () => async (count) => {
        for (let i = 0; i < count; i++) (await mutex.lock()).release();
      },
    },
  };
};
