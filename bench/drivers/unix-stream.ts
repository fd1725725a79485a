/** posix-ipc: an end of a pair of stream sockets, inherited. */

import { unix } from 'posix-ipc';
import { Cutter } from '../core/cutter';
import type { Driver, Forms, Moves } from '../core/driver';
import { Feed } from '../core/feed';
import { joined } from '../core/payload';
import { DESCRIPTORS, placeOf } from '../core/sockets';

export const open: Driver['open'] = (address) => {
  const { size } = placeOf(address);
  const socket = unix.Stream.fromFdSync(DESCRIPTORS.stream);
  return { ...streams(socket, size), ...roundTrips(socket, size) };
};

function streams(socket: unix.Stream, size: number): Forms {
  return {
    copies: true,
    send: {
      sendSync: (source) => (count) => {
        for (let i = 0; i < count; i++) socket.sendSync(source.next());
      },
      'await send': (source) => async (count) => {
        for (let i = 0; i < count; i++) await socket.send(source.next());
      },
      'await send, batches': (source, batch) => async (count) => {
        const memory = Buffer.alloc(batch * size);
        for (let left = count; left > 0; left -= batch) {
          await socket.send(joined(source, memory, size, Math.min(batch, left)));
        }
      },
    },
    receive: {
      receiveIntoSync: () => {
        const memory = Buffer.alloc(size);
        return (count, take) => {
          for (let i = 0; i < count; i++) take(fill(socket, memory));
        };
      },
      'for await': () => pieces(socket, size),
    },
  };
}

function pieces(socket: unix.Stream, size: number): Moves {
  const cutter = new Cutter(size);
  const feed = new Feed();
  return async (count, take) => {
    const moved = feed.move(count, take);
    if (feed.isHungry()) {
      for await (const { data } of socket) {
        cutter.cut(data, feed.put);
        if (!feed.isHungry()) break;
      }
    }
    await moved;
  };
}

function fill(socket: unix.Stream, memory: Buffer): Buffer {
  for (let at = 0; at < memory.length;) {
    at += socket.receiveIntoSync(at === 0 ? memory : memory.subarray(at))?.length ?? NaN;
  }
  return memory;
}

async function fillLater(socket: unix.Stream, memory: Buffer): Promise<Buffer> {
  for (let at = 0; at < memory.length;) {
    at += (await socket.receiveInto(at === 0 ? memory : memory.subarray(at)))?.length ?? NaN;
  }
  return memory;
}

/** Small messages that are sent in one call, and alone, come in one piece. */
function roundTrips(socket: unix.Stream, size: number): Forms {
  const memory = Buffer.alloc(size);
  return {
    call: {
      sync: () => ({
        blocking: true,
        call: (payload) => {
          socket.sendSync(payload);
          return fill(socket, memory);
        },
      }),
      promise: () => ({
        blocking: false,
        call: async (payload) => {
          await socket.send(payload);
          return (await socket.receive())?.data ?? memory;
        },
      }),
      receiveInto: () => ({
        blocking: false,
        call: async (payload) => {
          // The answer begins before all of a long message is sent.
          const [reply] = await Promise.all([fillLater(socket, memory), socket.send(payload)]);
          return reply;
        },
      }),
    },
    flight: {
      receiveInto: () => ({
        send: (payload) => socket.send(payload),
        move: pieces(socket, size),
      }),
    },
    serve: {
      sync: () => (count) => {
        for (let i = 0; i < count; i++) socket.sendSync(fill(socket, memory));
      },
      promise: () => async (count) => {
        for (let i = 0; i < count; i++) await socket.send((await socket.receive())?.data ?? memory);
      },
      receiveInto: () => async (count) => {
        for (let i = 0; i < count; i++) await socket.send(await fillLater(socket, memory));
      },
    },
  };
}
