/** Round trips of what can only wake: the payload lies in a slot of shared memory. */

import type { Call, Forms, Works } from './driver';
import { REPLY, REQUEST, type Slots } from './slots';

/** How one process tells another that a slot was filled, and waits for that. */
export interface Wakes {
  send: (type: number) => void;
  receiveSync: (type: number) => void;
  receive: (type: number) => Promise<unknown>;
  /** How the promise form sends a request where it may have to wait for that. */
  sendLater?: (type: number) => Promise<void>;
}

function calls(slots: Slots, wakes: Wakes): Record<string, () => Call> {
  const ask = (payload: Buffer): void => {
    slots.put(REQUEST, payload);
    wakes.send(REQUEST);
  };
  return {
    sync: () => ({
      blocking: true,
      call: (payload) => {
        ask(payload);
        wakes.receiveSync(REPLY);
        return slots.take(REPLY);
      },
    }),
    promise: () => ({
      blocking: false,
      call: async (payload) => {
        if (wakes.sendLater === undefined) ask(payload);
        else {
          slots.put(REQUEST, payload);
          await wakes.sendLater(REQUEST);
        }
        await wakes.receive(REPLY);
        return slots.take(REPLY);
      },
    }),
  };
}

function serves(slots: Slots, wakes: Wakes): Record<string, () => Works> {
  const answer = (): void => {
    slots.put(REPLY, slots.take(REQUEST));
    wakes.send(REPLY);
  };
  return {
    sync: () => (count) => {
      for (let i = 0; i < count; i++) {
        wakes.receiveSync(REQUEST);
        answer();
      }
    },
    promise: () => async (count) => {
      for (let i = 0; i < count; i++) {
        await wakes.receive(REQUEST);
        answer();
      }
    },
  };
}

/** The forms `sync` and `promise`, of both sides. */
export function exchange(slots: Slots, wakes: Wakes): Pick<Forms, 'call' | 'serve'> {
  return { call: calls(slots, wakes), serve: serves(slots, wakes) };
}
