/** stream.pipe: its two ends. What all objects on a descriptor do is in test/event/event-fd.test.ts. */

import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

import { ClosedError, stream, SystemError } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { pattern } from '../support/files';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { blocks, chunksNow, closing, readAll, temporaryPipe } from '../support/pipes';
import { soon } from '../support/wait-until';

type Reader = stream.PipeReader;
type Writer = stream.PipeWriter;

const reads = [
  ['read', (reader: Reader, options?: stream.SizeOptions) => reader.read(options)],
  [
    'readSync',
    (reader: Reader, options?: stream.SizeOptions) =>
      Promise.resolve().then(() => reader.readSync(options)),
  ],
  [
    'tryRead',
    (reader: Reader, options?: stream.SizeOptions) =>
      Promise.resolve().then(() => reader.tryRead(options)),
  ],
] as const;

const readsInto = [
  ['readInto', (reader: Reader, memory: Uint8Array) => reader.readInto(memory)],
  [
    'readIntoSync',
    (reader: Reader, memory: Uint8Array) =>
      Promise.resolve().then(() => reader.readIntoSync(memory)),
  ],
  [
    'tryReadInto',
    (reader: Reader, memory: Uint8Array) =>
      Promise.resolve().then(() => reader.tryReadInto(memory)),
  ],
] as const;

const writes = [
  ['write', (writer: Writer, data: string | Uint8Array) => writer.write(data)],
  [
    'writeSync',
    (writer: Writer, data: string | Uint8Array) =>
      Promise.resolve().then(() => writer.writeSync(data)),
  ],
  [
    'tryWrite',
    (writer: Writer, data: string | Uint8Array) =>
      Promise.resolve().then(() => writer.tryWrite(data)),
  ],
] as const;

/** What a program writes, which has to end well. */
async function outputOf(text: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', text]);
  return stdout;
}

describe.each(reads)('%s', (_name, read) => {
  test('takes what is there, as much as fits', async () => {
    const { reader, writer } = temporaryPipe();
    writer.writeSync('hello ');
    writer.writeSync('world');
    expect(String(await read(reader, { size: 8 }))).toBe('hello wo');
    expect(String(await read(reader))).toBe('rld');
  });

  test('what was read before stays as it was', async () => {
    const { reader, writer } = temporaryPipe();
    const kept: (Buffer | null | undefined)[] = [];
    const sent = [1, 5000, 3, 60_000, 65_536, 65_536, 20_000, 7].map((n, i) => pattern(n, i));
    for (const one of sent) {
      writer.writeSync(one);
      kept.push(await read(reader));
    }
    expect(kept).toEqual(sent);
  });

  test('null at the end, again and again', async () => {
    const { reader, writer } = temporaryPipe();
    writer.writeSync('last');
    writer.close();
    expect(String(await read(reader))).toBe('last');
    expect([await read(reader), await read(reader)]).toEqual([null, null]);
  });

  test('wrong sizes', async () => {
    const { reader } = temporaryPipe();
    for (const size of [0, -1, 0.5, 2 ** 31]) {
      expect(await codeOfRejection(read(reader, { size }))).toBe('ERR_OUT_OF_RANGE');
    }
    expect(await codeOfRejection(read(reader, { size: '1' as never }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
  });

  test('after close', async () => {
    const { reader } = temporaryPipe();
    reader.close();
    expect(await rejectionOf(read(reader))).toBeInstanceOf(ClosedError);
  });
});

describe.each(readsInto)('%s', (_name, readInto) => {
  test('fills memory from the front', async () => {
    const { reader, writer } = temporaryPipe();
    writer.writeSync('abcdef');
    const memory = Buffer.alloc(6, '.');
    expect(await readInto(reader, memory.subarray(1, 5))).toBe(4);
    expect(memory.toString()).toBe('.abcd.');
    writer.close();
    expect(await readInto(reader, memory)).toBe(2);
    expect(await readInto(reader, memory)).toBe(0);
  });

  test('memory without a byte', async () => {
    const { reader } = temporaryPipe();
    expect(await codeOfRejection(readInto(reader, Buffer.alloc(0)))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(readInto(reader, 'text' as never))).toBe('ERR_INVALID_ARG_TYPE');
  });
});

describe.each(writes)('%s', (_name, write) => {
  test('text and bytes', async () => {
    const { reader, writer } = temporaryPipe();
    expect(await write(writer, 'ä')).toBe(2);
    expect(await write(writer, Buffer.from('bc').subarray(1))).toBe(1);
    expect(await write(writer, new Uint16Array([0x6564]) as never)).toBe(2);
    expect(await write(writer, '')).toBe(0);
    expect(String(reader.tryRead())).toBe('äcde');
  });

  test('EPIPE, and no signal, where nobody reads', async () => {
    const { reader, writer } = temporaryPipe();
    reader.close();
    const error = await rejectionOf(write(writer, 'x'));
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code: 'EPIPE', syscall: 'write' });
    expect(error.message).toMatch('(nobody reads');
  });

  test('after close', async () => {
    const { writer } = temporaryPipe();
    writer.close();
    expect(await codeOfRejection(write(writer, 'x'))).toBe('ERR_CLOSED');
  });

  test('what is no data', async () => {
    const { writer } = temporaryPipe();
    expect(await codeOfRejection(write(writer, 1 as never))).toBe('ERR_INVALID_ARG_TYPE');
  });
});

test('SIGPIPE has its default disposition: still EPIPE alone', async () => {
  const text = `
    const { stream } = require('posix-ipc');
    process.on('SIGPIPE', () => {}).removeAllListeners('SIGPIPE');
    const { reader, writer } = stream.pipeSync();
    reader.close();
    for (const write of ['writeSync', 'tryWrite', 'sendFileSync']) {
      try { writer[write]('/etc/passwd'); } catch (error) { console.log(error.code); }
    }
    writer.sendFile('/etc/passwd').catch((error) => console.log(error.code));`;
  expect(await outputOf(text)).toBe('EPIPE\n'.repeat(4));
});

describe('waiting', () => {
  test('a read waits for a write', async () => {
    const { reader, writer } = temporaryPipe();
    const read = reader.read();
    expect(reader.tryRead()).toBeUndefined();
    await untilBlockedIn('epoll', process.pid);
    writer.writeSync('x');
    expect(String(await soon('the read', read))).toBe('x');
  });

  test('the end comes to a read that waits', async () => {
    const { reader, writer } = temporaryPipe();
    const waiting = [reader.read(), reader.readInto(Buffer.alloc(9))];
    writer.close();
    expect(await soon('the reads', Promise.all(waiting))).toEqual([null, 0]);
  });

  test('EPIPE comes to a write that waits', async () => {
    const { reader, writer } = temporaryPipe();
    while (writer.tryWrite(Buffer.alloc(4096)) !== undefined);
    const write = writer.write('x');
    reader.close();
    expect(await codeOfRejection(soon('the write', write))).toBe('EPIPE');
  });

  test('more than fits is written in order', async () => {
    const { reader, writer } = temporaryPipe({ capacity: 4096 });
    const [first, second] = [pattern(100_000), pattern(50_000, 3)];
    const written = [writer.write(first), writer.write(second), writer.write('')];
    expect(writer.tryWrite('no')).toBeUndefined();
    void Promise.all(written).then(() => {
      writer.close();
    });
    const all = await soon('the end', readAll(reader));
    expect(all.equals(Buffer.concat([first, second]))).toBe(true);
    expect(await Promise.all(written)).toEqual([100_000, 50_000, 0]);
  });

  test('tryWrite tells how much it has written', () => {
    const { reader, writer } = temporaryPipe({ capacity: 8192 });
    expect(writer.tryWrite(pattern(10_000))).toBe(8192);
    expect(writer.tryWrite('x')).toBeUndefined();
    expect(Buffer.concat(chunksNow(reader))).toEqual(pattern(8192));
  });

  test('small writes are whole or not at all', () => {
    const { reader, writer } = temporaryPipe({ capacity: 4096 });
    expect(writer.tryWrite(pattern(2000))).toBe(2000);
    expect(writer.tryWrite(pattern(2097))).toBeUndefined();
    expect(reader.tryRead()?.length).toBe(2000);
    expect(writer.tryWrite(pattern(2097))).toBe(2097);
  });

  test('a write that ends early tells how much it has written', async () => {
    const { reader, writer } = temporaryPipe({ capacity: 4096 });
    expect(await writer.write(pattern(5000), { timeout: 10 })).toBe(4096);
    expect(await codeOfRejection(writer.write('x', { timeout: 10 }))).toBe('ETIMEDOUT');
    expect(codeThrownBy(() => writer.writeSync('x', { timeout: 10 }))).toBe('ETIMEDOUT');
    reader.tryRead();
    const leaving = new AbortController();
    const write = writer.write(pattern(5000), { signal: leaving.signal });
    leaving.abort('enough');
    expect(await write).toBe(4096);
    reader.tryRead();
    expect(writer.writeSync(pattern(5000), { timeout: 10 })).toBe(4096);
    const aborted = writer.write('x', { signal: AbortSignal.timeout(10) });
    expect(await rejectionOf(aborted)).toMatchObject({ name: 'TimeoutError' });
  });

  test('a write that nobody reads the end of: first its length, then EPIPE', async () => {
    const { reader, writer } = temporaryPipe({ capacity: 4096 });
    const write = writer.write(pattern(5000));
    reader.close();
    expect(await soon('the write', write)).toBe(4096);
    expect(await codeOfRejection(writer.write('x'))).toBe('EPIPE');
  });

  test('sync forms of both ends wait for a child', () => {
    const [there, back] = [temporaryPipe(), temporaryPipe()];
    spawn('cat', { stdio: [there.reader.fd, back.writer.fd, 'inherit'] });
    there.reader.close();
    back.writer.close();
    const sent = pattern(60_000);
    expect(there.writer.writeSync(sent)).toBe(60_000);
    there.writer.close();
    const got: Buffer[] = [];
    for (let chunk = back.reader.readSync(); chunk !== null; chunk = back.reader.readSync()) {
      got.push(chunk);
    }
    expect(Buffer.concat(got).equals(sent)).toBe(true);
  });

  test.each([0, 0.5, 30])('a timeout of %d ms', async (timeout) => {
    const { reader } = temporaryPipe();
    const began = performance.now();
    const error = await rejectionOf(reader.read({ timeout }));
    expect(performance.now() - began).toBeGreaterThanOrEqual(timeout);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'read' });
    expect(error.stack).toContain('pipe.test.ts');
    expect(thrownBy(() => reader.readSync({ timeout }))).toMatchObject({ code: 'ETIMEDOUT' });
    expect(codeThrownBy(() => reader.readIntoSync(Buffer.alloc(1), { timeout }))).toBe('ETIMEDOUT');
  });

  test('reads are answered in the order in which they were made', async () => {
    const { reader, writer } = temporaryPipe();
    const waiting = Array.from({ length: 100 }, () => reader.read({ size: 1 }));
    writer.writeSync(pattern(100));
    const bytes = Buffer.concat((await soon('the reads', Promise.all(waiting))) as Buffer[]);
    expect(bytes).toEqual(pattern(100));
  });

  test('close ends waits of both ends', async () => {
    const { reader, writer } = temporaryPipe({ capacity: 4096 });
    const read = reader.read();
    reader.close();
    expect(await codeOfRejection(read)).toBe('ERR_CLOSED');
    const other = temporaryPipe({ capacity: 4096 });
    other.writer.writeSync(pattern(4096));
    const write = other.writer.write('x');
    other.writer.close();
    expect(await codeOfRejection(write)).toBe('ERR_CLOSED');
    expect(writer.closed).toBe(false);
  });
});

describe('packets', () => {
  test('each read takes one, and the rest of a long one is lost', async () => {
    const { reader, writer } = temporaryPipe({ packet: true });
    for (const text of ['one', 'three', 'four']) await writer.write(text);
    expect(String(await reader.read())).toBe('one');
    expect(String(reader.tryRead({ size: 2 }))).toBe('th');
    expect(String(reader.readSync())).toBe('four');
  });

  test('the longest one comes whole, after small ones too', async () => {
    const { reader, writer } = temporaryPipe({ packet: true });
    for (let i = 0; i < 50; i++) {
      const length = i % 2 === 0 ? 1 : 4096;
      writer.writeSync(pattern(length, i));
      expect(await reader.read()).toEqual(pattern(length, i));
    }
  });

  test('an empty write is no packet, and no end', () => {
    const { reader, writer } = temporaryPipe({ packet: true });
    expect(writer.writeSync('')).toBe(0);
    expect(reader.tryRead()).toBeUndefined();
    writer.close();
    expect(reader.tryRead()).toBeNull();
  });
});

describe('options', () => {
  test('capacity', async () => {
    const { reader, writer } = await stream.pipe({ capacity: 5000 });
    closing(reader);
    closing(writer);
    expect([reader.capacity, writer.capacity]).toEqual([8192, 8192]);
    writer.capacity = 1;
    expect(reader.capacity).toBe(4096);
    reader.capacity = 65_536;
    writer.writeSync(pattern(9000));
    expect(thrownBy(() => (writer.capacity = 4096)).message).toMatch(/^EBUSY: .* that now\)$/);
    expect(codeThrownBy(() => (writer.capacity = 0))).toBe('ERR_OUT_OF_RANGE');
    writer.close();
    expect(codeThrownBy(() => writer.capacity)).toBe('ERR_CLOSED');
  });

  test('a capacity above the limit: which one it is', async () => {
    const text = `
      const { stream } = require('posix-ipc');
      if (process.getuid() === 0) process.seteuid(65534);
      try { stream.pipeSync({ capacity: 2 ** 31 - 1 }); } catch (error) { console.log(error.message); }`;
    expect(await outputOf(text)).toMatch(
      /^EPERM: .*, fcntl \(a pipe holds at most fs\.pipe-max-size, \d+ bytes/,
    );
  });

  test('nonBlocking', () => {
    const { reader, writer } = temporaryPipe({ nonBlocking: true });
    expect([blocks(reader.fd), blocks(writer.fd)]).toEqual([false, false]);
  });

  test('wrong ones', () => {
    for (const options of [{ packet: 1 }, { nonBlocking: 'no' }, { capacity: '1' }, null]) {
      expect(codeThrownBy(() => stream.pipeSync(options as never))).toBe('ERR_INVALID_ARG_TYPE');
    }
    expect(codeThrownBy(() => stream.pipeSync({ capacity: 0 }))).toBe('ERR_OUT_OF_RANGE');
  });
});

describe('descriptors', () => {
  test('fromFd and detach', async () => {
    const { reader, writer } = temporaryPipe();
    const [in_, out] = [reader.detach(), writer.detach()];
    expect([reader.closed, writer.closed]).toEqual([true, true]);
    const again = closing(await stream.PipeReader.fromFd(in_));
    const copy = closing(await stream.PipeWriter.fromFd(out, { own: false }));
    const own = closing(stream.PipeWriter.fromFdSync(out));
    copy.writeSync('a');
    copy.close();
    own.writeSync('b');
    own.close();
    expect(await readAll(again)).toEqual(Buffer.from('ab'));
  });

  test('fromFd of what is no such end', () => {
    const { reader, writer } = temporaryPipe();
    const { message } = thrownBy(() => stream.PipeReader.fromFdSync(writer.fd));
    expect(message).toMatch(`fd ${String(writer.fd)} (it is the other end of a pipe)`);
    expect(codeThrownBy(() => stream.PipeWriter.fromFdSync(reader.fd))).toBe('EINVAL');
    expect(codeThrownBy(() => stream.PipeWriter.fromFdSync(2 ** 31 - 1))).toBe('EBADF');
    const text = codeThrownBy(() => stream.PipeReader.fromFdSync('3' as never));
    expect(text).toBe('ERR_INVALID_ARG_TYPE');
    expect(writer.closed).toBe(false);
    writer.writeSync('x');
    expect(reader.tryRead()).toEqual(Buffer.from('x'));
  });
});
