/** posix-ipc: System V semaphores. The address is shared memory's name, a colon, the set's identifier. */

import { sysv } from 'posix-ipc';
import { semop } from 'posix-ipc/syscalls';
import type { Driver, Repeats } from '../core/driver';
import { exchange } from '../core/exchange';
import { Slots } from '../core/slots';

const TAKE = [{ index: 0, by: -1 }];
const GIVE = [{ index: 0, by: 1 }];
const BOTH = [...TAKE, ...GIVE];
const TAKE_SEMBUF = [{ sem_num: 0, sem_op: -1, sem_flg: 0 }];
const GIVE_SEMBUF = [{ sem_num: 0, sem_op: 1, sem_flg: 0 }];

export const open: Driver['open'] = (address) => {
  const [name = '', id = ''] = address.split(':');
  const set = sysv.SemaphoreSet.fromIdSync(Number(id));
  return {
    ...exchange(Slots.open(name), {
      send: (type) => {
        set.postSync(type);
      },
      receiveSync: (type) => {
        set.waitSync(type);
      },
      receive: (type) => set.wait(type),
    }),
    repeat: repeats(set),
  };
};

function need(done: boolean): void {
  if (!done) throw new Error('what was given is not there');
}

function repeats(set: sysv.SemaphoreSet): Record<string, Repeats> {
  return {
    'tryWait + postSync': () => (count) => {
      for (let i = 0; i < count; i++) {
        need(set.tryWait(0));
        set.postSync(0);
      }
    },
    tryOperate: () => (count) => {
      for (let i = 0; i < count; i++) {
        need(set.tryOperate(TAKE));
        need(set.tryOperate(GIVE));
      }
    },
    operateSync: () => (count) => {
      for (let i = 0; i < count; i++) {
        set.operateSync(TAKE);
        set.operateSync(GIVE);
      }
    },
    'tryOperate, both in one call': () => (count) => {
      for (let i = 0; i < count; i++) need(set.tryOperate(BOTH));
    },
    'syscalls.semop': () => (count) => {
      for (let i = 0; i < count; i++) {
        semop(set.id, TAKE_SEMBUF, 1);
        semop(set.id, GIVE_SEMBUF, 1);
      }
    },
  };
}
