/** posix-ipc: inherited eventfds, one for each type of message. The address is the name of the slots' memory. */

import { event } from 'posix-ipc';
import type { Driver, Repeats } from '../core/driver';
import { exchange } from '../core/exchange';
import { FIRST_INHERITED } from '../core/params';
import { Slots } from '../core/slots';

export const open: Driver['open'] = (address) => {
  const bells = new Map<number, event.EventFd>();
  const of = (type: number): event.EventFd => {
    const bell = bells.get(type) ?? event.EventFd.fromFdSync(FIRST_INHERITED + type);
    bells.set(type, bell);
    return bell;
  };
  return {
    ...exchange(Slots.open(address), {
      send: (type) => {
        of(type).writeSync();
      },
      receiveSync: (type) => {
        of(type).readSync();
      },
      receive: (type) => of(type).read(),
    }),
    repeat: repeats(of(0)),
  };
};

function need(done: boolean): void {
  if (!done) throw new Error('what was written is not there');
}

function repeats(alone: event.EventFd): Record<string, Repeats> {
  return {
    'tryWrite + tryRead': () => (count) => {
      for (let i = 0; i < count; i++) {
        need(alone.tryWrite());
        need(alone.tryRead() === 1n);
      }
    },
    'writeSync + readSync': () => (count) => {
      for (let i = 0; i < count; i++) {
        alone.writeSync();
        need(alone.readSync() === 1n);
      }
    },
    'await write + await read': () => async (count) => {
      for (let i = 0; i < count; i++) {
        await alone.write();
        need((await alone.read()) === 1n);
      }
    },
  };
}
