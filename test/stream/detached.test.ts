/** Memory that is gone when a read or a write has waited. */

import type { stream } from 'posix-ipc';

import { codeOfRejection } from '../support/outcome';
import { temporaryPipe } from '../support/pipes';
import { soon } from '../support/wait-until';

const PAGE = 4096;

function fullPipe(): stream.Pipe {
  const pipe = temporaryPipe({ capacity: PAGE });
  pipe.writer.tryWrite(Buffer.alloc(PAGE));
  return pipe;
}

function detach(buffer: ArrayBuffer): void {
  structuredClone(buffer, { transfer: [buffer] });
}

function shorten(buffer: ArrayBuffer): void {
  buffer.resize(10);
}

test('memory that is detached while a read waits is told; what is written then stays', async () => {
  const { reader, writer } = temporaryPipe();
  const memory = new ArrayBuffer(8);
  const reading = codeOfRejection(reader.readInto(new Uint8Array(memory)));
  detach(memory);
  await writer.write('hello');
  expect(await soon('the read', reading)).toBe('ERR_INVALID_ARG_TYPE');
  expect(reader.tryRead()?.toString()).toBe('hello');
});

test('memory that its buffer has no room for any more: no end is told, and what came stays', async () => {
  const { reader, writer } = temporaryPipe();
  const buffer = new ArrayBuffer(16, { maxByteLength: 16 });
  const reading = codeOfRejection(reader.readInto(buffer));
  buffer.resize(0);
  await writer.write('hello');
  expect(await soon('the read', reading)).toBe('ERR_INVALID_ARG_TYPE');
  expect(reader.tryRead()?.toString()).toBe('hello');
});

test.each([
  ['detached', detach],
  ['shorter', shorten],
])('a write whose memory is %s before anything was written says so', async (_how, change) => {
  const { reader, writer } = fullPipe();
  const buffer = new ArrayBuffer(100, { maxByteLength: 100 });
  const writing = codeOfRejection(writer.write(buffer));
  change(buffer);
  expect(reader.tryRead()).toHaveLength(PAGE);
  expect(await soon('the write', writing)).toBe('ERR_INVALID_ARG_TYPE');
  expect(reader.tryRead()).toBeUndefined();
});

test('a write whose memory becomes longer writes what it was', async () => {
  const { reader, writer } = fullPipe();
  const buffer = new ArrayBuffer(100, { maxByteLength: 200 });
  const writing = writer.write(new Uint8Array(buffer));
  buffer.resize(200);
  expect(reader.tryRead()).toHaveLength(PAGE);
  expect(await soon('the write', writing)).toBe(100);
  expect(reader.tryRead()).toHaveLength(100);
});
