/** posix-ipc: FIFOs, one for each type of message. The address is their prefix, a colon, the size of a message. */

import { stream } from 'posix-ipc';
import { Cutter } from '../core/cutter';
import type { Driver, Forms } from '../core/driver';
import { REPLY, REQUEST } from '../core/slots';

interface End {
  reader: stream.PipeReader;
  writer: stream.PipeWriter;
}

export const open: Driver['open'] = (address) => {
  const colon = address.lastIndexOf(':');
  const size = Number(address.slice(colon + 1));
  const of = (type: number): End => {
    const fifo = stream.Fifo.openSync(`${address.slice(0, colon)}.${String(type)}`);
    return { reader: fifo.openReaderSync({ keepOpen: true }), writer: fifo.openWriterSync() };
  };
  const [request, reply] = [of(REQUEST), of(REPLY)];
  return { ...streams(request, size), ...roundTrips(request, reply, size) };
};

function streams({ reader, writer }: End, size: number): Forms {
  return {
    copies: true,
    send: {
      writeSync: (source) => (count) => {
        for (let i = 0; i < count; i++) writer.writeSync(source.next());
      },
      'await write': (source) => async (count) => {
        for (let i = 0; i < count; i++) await writer.write(source.next());
      },
    },
    receive: {
      'for await': () => {
        const cutter = new Cutter(size);
        return async (count, take) => {
          let left = count;
          // No more than belongs to these messages: the next ones are taken by another loop.
          while (left > 0) {
            const chunk = await reader.read({ size: Math.min(left * size, 65_536) });
            if (chunk === null) throw new Error('the end has come');
            left -= cutter.cut(chunk, take);
          }
        };
      },
      readInto: () => {
        const memory = Buffer.alloc(size);
        return async (count, take) => {
          for (let i = 0; i < count; i++) {
            for (let at = 0; at < size;) {
              at += await reader.readInto(at === 0 ? memory : memory.subarray(at));
            }
            take(memory);
          }
        };
      },
      readIntoSync: () => {
        const memory = Buffer.alloc(size);
        return (count, take) => {
          for (let i = 0; i < count; i++) take(fill(reader, memory));
        };
      },
    },
  };
}

function fill(reader: stream.PipeReader, memory: Buffer): Buffer {
  for (let at = 0; at < memory.length;) {
    at += reader.readIntoSync(at === 0 ? memory : memory.subarray(at));
  }
  return memory;
}

/** Messages of up to PIPE_BUF bytes come whole. */
function roundTrips(request: End, reply: End, size: number): Forms {
  const memory = Buffer.alloc(size);
  return {
    call: {
      sync: () => ({
        blocking: true,
        call: (payload) => {
          request.writer.writeSync(payload);
          return fill(reply.reader, memory);
        },
      }),
      promise: () => ({
        blocking: false,
        call: async (payload) => {
          await request.writer.write(payload);
          return (await reply.reader.read({ size })) ?? memory;
        },
      }),
    },
    serve: {
      sync: () => (count) => {
        for (let i = 0; i < count; i++) reply.writer.writeSync(fill(request.reader, memory));
      },
      promise: () => async (count) => {
        for (let i = 0; i < count; i++) {
          await reply.writer.write((await request.reader.read({ size })) ?? memory);
        }
      },
    },
  };
}
