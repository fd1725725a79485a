import type { stream } from 'posix-ipc';
import { ByteStreamEnd } from './byte-stream-end';

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
