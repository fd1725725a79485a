import type { stream } from 'posix-ipc';
import { ByteStreamEnd } from './byte-stream-end';

/**
 * How much a pipe to the receiver holds. The kernel's default, 64 KiB, is less than a frame: the ends
 * would work in turns.
 */
export const PIPE_CAPACITY = 256 * 1024;

/** An end that reads from one pipe and writes to another, with or without names. */
export function endOfPipes(reader: stream.PipeReader, writer: stream.PipeWriter): ByteStreamEnd {
  return new ByteStreamEnd({
    read: (memory, limits) => reader.readInto(memory, limits),
    write: (data, limits) => writer.write(data, limits),
    close() {
      reader.close();
      writer.close();
    },
  });
}
