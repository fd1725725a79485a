/** The rings of the npm package shared-memory-disruptor that the two programs of a row meet at. */

import { posix } from 'posix-ipc';
import { channelName } from './channels';
import type { Meeting } from './measure';
import { loadRival } from './rivals';
import { REPLY, REQUEST } from './slots';

export const DISRUPTOR = 'shared-memory-disruptor';

export interface Disruptor {
  produceClaimSync(): Buffer;
  produceCommitSync(): boolean;
  consumeNewSync(): Buffer[];
  consumeNew(): Promise<{ bufs: Buffer[] }>;
  release(): void;
}

interface Library {
  Disruptor: new (
    name: string,
    elements: number,
    size: number,
    consumers: number,
    consumer: number,
    init: boolean,
    spin: boolean,
  ) => Disruptor;
}

/** Bytes of a ring of short messages, as a channel has them by default; and of one of long messages. */
const [SHORT, LONG] = [1 << 20, 1 << 24];

const [LEAST, MANY] = [16, 1024];

/** As many as a channel of the default capacity holds, and more of long ones. */
export function elementsOf(size: number): number {
  const long = Math.min(Math.floor(LONG / size), MANY);
  return Math.max(LEAST, Math.floor(SHORT / size), long);
}

function open(address: string, type: number, size: number, init: boolean): Disruptor {
  const { Disruptor } = loadRival(DISRUPTOR) as Library;
  const name = `/${channelName(address, type)}`;
  return new Disruptor(name, elementsOf(size), size, 1, 0, init, true);
}

/** One that is there. */
export function attach(address: string, type: number, size: number): Disruptor {
  return open(address, type, size, false);
}

/** Rings beside what else is at a meeting. */
export function withDisruptors(meeting: Meeting, size: number): Meeting {
  const types = [REQUEST, REPLY];
  for (const type of types) open(meeting.address, type, size, true).release();
  return {
    ...meeting,
    remove: () => {
      meeting.remove();
      for (const type of types) {
        posix.SharedMemory.unlinkSync(`/${channelName(meeting.address, type)}`);
      }
    },
  };
}
