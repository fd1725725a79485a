/** Rows of pipe(2): what goes through, packets, the ends. No suite has them in this form. */

import { stream } from 'posix-ipc';
import { O_DIRECT, O_NONBLOCK } from 'posix-ipc/syscalls';

import { closing } from '../support/pipes';
import { closeNow, put, textFrom, textOf } from './descriptors';
import { pipeCapacityRows, pipeFlagRows } from './pipe-settings';
import { fullPipe, fullPipeObject, newPipe, PIPE_SIZE, pipeObject } from './pipes';
import { resultsOf } from './result';
import { different, own, type Row } from './row';

const PIPE_BUF = 4096;
const bytes = (length: number): Buffer => Buffer.alloc(length);

/** How the class says EAGAIN. */
function writtenNow({ writer }: stream.Pipe, data: string | Buffer): string | number {
  return writer.tryWrite(data) ?? 'EAGAIN';
}

const through: Row[] = [
  own(
    'pipe-transfer',
    'what is written is read',
    'hello',
    () => {
      const { reading, writing } = newPipe();
      put(writing, 'hello');
      return textFrom(reading);
    },
    async () => {
      const { reader, writer } = pipeObject();
      await writer.write('hello');
      return textOf(await reader.read());
    },
  ),
  own(
    'pipe-joined',
    'one read takes what two writes have brought',
    'onetwo',
    () => {
      const { reading, writing } = newPipe();
      for (const text of ['one', 'two']) put(writing, text);
      return textFrom(reading);
    },
    async () => {
      const { reader, writer } = pipeObject();
      for (const text of ['one', 'two']) await writer.write(text);
      return textOf(await reader.read());
    },
  ),
  own(
    'pipe-rest',
    'what a read does not take stays',
    'one two',
    () => {
      const { reading, writing } = newPipe();
      put(writing, 'onetwo');
      return resultsOf(
        () => textFrom(reading, 3),
        () => textFrom(reading),
      );
    },
    async () => {
      const { reader, writer } = pipeObject();
      await writer.write('onetwo');
      return resultsOf(
        async () => textOf(await reader.read({ size: 3 })),
        async () => textOf(await reader.read()),
      );
    },
  ),
  own(
    'pipe-empty',
    'an empty pipe, without waiting',
    'EAGAIN',
    () => textFrom(newPipe(O_NONBLOCK).reading),
    () => textOf(pipeObject().reader.tryRead()),
  ),
  own(
    'pipe-full',
    'a full pipe, without waiting',
    'EAGAIN',
    () => put(fullPipe(O_NONBLOCK).writing, 'x'),
    () => writtenNow(fullPipeObject(), 'x'),
  ),
  own(
    'pipe-partial',
    'more than there is room for: as much as there is',
    '4096',
    () => put(newPipe(O_NONBLOCK).writing, bytes(PIPE_SIZE + 904)),
    () => writtenNow(pipeObject(), bytes(PIPE_SIZE + 904)),
  ),
  own(
    'pipe-whole-or-not',
    'PIPE_BUF bytes where there is room for fewer: none',
    'EAGAIN there',
    () => {
      const { reading, writing } = newPipe(O_NONBLOCK);
      put(writing, 'there');
      return resultsOf(
        () => put(writing, bytes(PIPE_BUF)),
        () => textFrom(reading),
      );
    },
    async () => {
      const pipe = pipeObject();
      await pipe.writer.write('there');
      return resultsOf(
        () => writtenNow(pipe, bytes(PIPE_BUF)),
        async () => textOf(await pipe.reader.read()),
      );
    },
  ),
  own(
    'pipe-nothing',
    'no bytes',
    '0 EAGAIN',
    () => {
      const { reading, writing } = newPipe(O_NONBLOCK);
      return resultsOf(
        () => put(writing, ''),
        () => textFrom(reading),
      );
    },
    () => {
      const { reader, writer } = pipeObject();
      return resultsOf(
        () => writer.write(''),
        () => textOf(reader.tryRead()),
      );
    },
  ),
];

const twoPackets = { packet: true, capacity: 2 * PIPE_SIZE };

function packetPipe(): ReturnType<typeof newPipe> {
  return newPipe(O_DIRECT | O_NONBLOCK, 2 * PIPE_SIZE);
}

const packets: Row[] = [
  own(
    'pipe-packets',
    'with O_DIRECT each read takes what one write has brought',
    'one two',
    () => {
      const { reading, writing } = packetPipe();
      for (const text of ['one', 'two']) put(writing, text);
      return resultsOf(
        () => textFrom(reading),
        () => textFrom(reading),
      );
    },
    async () => {
      const { reader, writer } = pipeObject(twoPackets);
      for (const text of ['one', 'two']) await writer.write(text);
      return resultsOf(
        async () => textOf(await reader.read()),
        async () => textOf(await reader.read()),
      );
    },
  ),
  own(
    'pipe-packet-cut',
    'what a read does not take of a packet is lost',
    'he two',
    () => {
      const { reading, writing } = packetPipe();
      for (const text of ['hello', 'two']) put(writing, text);
      return resultsOf(
        () => textFrom(reading, 2),
        () => textFrom(reading),
      );
    },
    async () => {
      const { reader, writer } = pipeObject(twoPackets);
      for (const text of ['hello', 'two']) await writer.write(text);
      return resultsOf(
        async () => textOf(await reader.read({ size: 2 })),
        async () => textOf(await reader.read()),
      );
    },
  ),
  own(
    'pipe-packet-split',
    'more than PIPE_BUF bytes are several packets',
    '4096 904',
    () => {
      const { reading, writing } = packetPipe();
      put(writing, bytes(PIPE_BUF + 904));
      const length = (): number => textFrom(reading, 2 * PIPE_BUF).length;
      return resultsOf(length, length);
    },
    async () => {
      const { reader, writer } = pipeObject(twoPackets);
      await writer.write(bytes(PIPE_BUF + 904));
      const length = async (): Promise<number> => textOf(await reader.read()).length;
      return resultsOf(length, length);
    },
  ),
  own(
    'pipe-packet-nothing',
    'there is no empty packet',
    '0 EAGAIN',
    () => {
      const { reading, writing } = packetPipe();
      return resultsOf(
        () => put(writing, ''),
        () => textFrom(reading),
      );
    },
    () => {
      const { reader, writer } = pipeObject(twoPackets);
      return resultsOf(
        () => writer.write(''),
        () => textOf(reader.tryRead()),
      );
    },
  ),
];

/** A write to a pipe whose reader is gone. */
function broken(c: string, what: string, expected: string, data: string, isFull = false): Row {
  return own(
    c,
    what,
    expected,
    () => {
      const { reading, writing } = isFull ? fullPipe() : newPipe();
      closeNow(reading);
      return put(writing, data);
    },
    () => {
      const { reader, writer } = isFull ? fullPipeObject() : pipeObject();
      reader.close();
      return writer.write(data);
    },
  );
}

const ends: Row[] = [
  own(
    'pipe-end',
    'the writer is gone',
    'end',
    () => {
      const { reading, writing } = newPipe();
      closeNow(writing);
      return textFrom(reading);
    },
    async () => {
      const { reader, writer } = pipeObject();
      writer.close();
      return textOf(await reader.read());
    },
  ),
  own(
    'pipe-end-after',
    'what it has written comes before the end',
    'last end',
    () => {
      const { reading, writing } = newPipe();
      put(writing, 'last');
      closeNow(writing);
      return resultsOf(
        () => textFrom(reading),
        () => textFrom(reading),
      );
    },
    async () => {
      const { reader, writer } = pipeObject();
      await writer.write('last');
      writer.close();
      return resultsOf(
        async () => textOf(await reader.read()),
        async () => textOf(await reader.read()),
      );
    },
  ),
  own(
    'pipe-end-of-last',
    'a copy of the writing end is a writer too',
    'EAGAIN end',
    () => {
      const { reading, writing } = newPipe(O_NONBLOCK);
      const copy = stream.PipeWriter.fromFdSync(writing, { own: false });
      closeNow(writing);
      return resultsOf(
        () => textFrom(reading),
        () => {
          copy.close();
          return textFrom(reading);
        },
      );
    },
    () => {
      const { reader, writer } = pipeObject();
      const copy = closing(stream.PipeWriter.fromFdSync(writer.fd, { own: false }));
      writer.close();
      return resultsOf(
        () => textOf(reader.tryRead()),
        async () => {
          copy.close();
          return textOf(await reader.read());
        },
      );
    },
  ),
  broken('pipe-broken', 'the reader is gone', 'EPIPE', 'x'),
  broken('pipe-broken-full', 'it is gone, and the pipe is full', 'EPIPE', 'x', true),
  broken('pipe-broken-nothing', 'it is gone, and no bytes are written', '0', ''),
  own(
    'pipe-read-from-writing',
    'reading from the writing end',
    'EBADF',
    () => textFrom(newPipe().writing),
    different('EINVAL', 'an end is looked at first', () =>
      stream.PipeReader.fromFd(pipeObject().writer.fd, { own: false }),
    ),
  ),
  own(
    'pipe-write-to-reading',
    'writing to the reading end',
    'EBADF',
    () => put(newPipe().reading, 'x'),
    different('EINVAL', 'an end is looked at first', () =>
      stream.PipeWriter.fromFd(pipeObject().reader.fd, { own: false }),
    ),
  ),
];

export const pipeRows: Row[] = [
  ...through,
  ...packets,
  ...ends,
  ...pipeFlagRows,
  ...pipeCapacityRows,
];
