/** posix-ipc: POSIX semaphores in shared memory. The address is the memory's name. */

import { posix } from 'posix-ipc';
import type { Driver } from '../core/driver';
import { exchange } from '../core/exchange';
import { REPLY, REQUEST, Slots } from '../core/slots';

export const open: Driver['open'] = (address) => {
  const slots = Slots.open(address);
  const [alone, ...pair] = [0, REQUEST, REPLY].map((type) =>
    posix.Semaphore.at(slots.mapping, Slots.at(type)),
  ) as [posix.Semaphore, posix.Semaphore, posix.Semaphore];
  const of = (type: number): posix.Semaphore => pair[type - 1] as posix.Semaphore;
  return {
    ...exchange(slots, {
      send: (type) => {
        of(type).post();
      },
      receiveSync: (type) => {
        of(type).waitSync();
      },
      receive: (type) => of(type).wait(),
    }),
    repeat: {
      'tryWait + post': () => (count) => {
        for (let i = 0; i < count; i++) {
          if (!alone.tryWait()) throw new Error('what was given is not there');
          alone.post();
        }
      },
      'waitSync + post': () => (count) => {
        for (let i = 0; i < count; i++) {
          alone.waitSync();
          alone.post();
        }
      },
      'await wait + post': () => async (count) => {
        for (let i = 0; i < count; i++) {
          await alone.wait();
          alone.post();
        }
      },
    },
  };
};
