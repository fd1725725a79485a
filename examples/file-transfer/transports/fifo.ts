/** Two FIFOs, one for each direction: fifo(7). */
import { rm } from 'node:fs/promises';
import { stream } from 'posix-ipc';
import { PIPE_CAPACITY, endOfPipes } from './pipes';
import { temporaryPath } from './temporary-path';
import type { Offer, Transport } from './transport';
import { namesOf } from './two-ways';

async function remove(address: string): Promise<void> {
  for (const name of Object.values(namesOf(address))) await rm(name, { force: true });
}

function offerFifos(address: string, there: stream.Fifo, back: stream.Fifo): Offer {
  return {
    address,
    inherited: [],
    async accept(signal) {
      // In the same order as the receiver: each open waits for the other end's.
      const writer = await there.openWriter({ signal });
      writer.capacity = PIPE_CAPACITY;
      const reader = await back.openReader({ signal });
      return endOfPipes(reader, writer);
    },
    close() {
      there.close();
      back.close();
    },
  };
}

export const fifo: Transport = {
  id: 'fifo',
  name: 'FIFO',
  peers: ['node', 'c'],
  remove,

  async create() {
    const address = temporaryPath();
    const names = namesOf(address);
    try {
      const there = await stream.Fifo.create(names.there);
      const back = await stream.Fifo.create(names.back);
      return offerFifos(address, there, back);
    } catch (error) {
      await remove(address);
      throw error;
    }
  },

  async open(address, signal) {
    const { there, back } = namesOf(address);
    const reader = await (await stream.Fifo.open(there)).openReader({ signal });
    const writer = await (await stream.Fifo.open(back)).openWriter({ signal });
    // Both ends have everything now: without names it goes when they go, even if both are killed.
    await remove(address);
    return endOfPipes(reader, writer);
  },
};
