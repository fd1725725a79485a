/** What is read from a pipe in chunks, lines and records, and by Node streams. */

import { pipeline } from 'node:stream/promises';
import { Readable, Writable } from 'node:stream';
import { createGzip, createGunzip } from 'node:zlib';

import type { stream } from 'posix-ipc';

import { collectGarbage } from '../support/collect-garbage';
import { pattern } from '../support/files';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { chunksNow, readAll, temporaryPipe } from '../support/pipes';
import { soon, waitUntil } from '../support/wait-until';

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('chunks', () => {
  test('until the end', async () => {
    const { reader, writer } = temporaryPipe();
    writer.writeSync('abcde');
    writer.close();
    expect((await listOf(reader.chunks({ size: 2 }))).map(String)).toEqual(['ab', 'cd', 'e']);
  });

  test('until close', async () => {
    const { reader } = temporaryPipe();
    const list = listOf(reader);
    reader.close();
    expect(await soon('the loop', list)).toEqual([]);
  });

  test('leaving the loop leaves the rest', async () => {
    const { reader, writer } = temporaryPipe();
    writer.writeSync('abcd');
    for await (const chunk of reader.chunks({ size: 1 })) {
      expect(String(chunk)).toBe('a');
      break;
    }
    expect(String(reader.tryRead())).toBe('bcd');
  });

  test('a timeout and a signal', async () => {
    const { reader } = temporaryPipe();
    expect(await codeOfRejection(listOf(reader.chunks({ timeout: 5 })))).toBe('ETIMEDOUT');
    const aborted = listOf(reader.chunks({ signal: AbortSignal.timeout(5) }));
    expect(await rejectionOf(aborted)).toMatchObject({ name: 'TimeoutError' });
    expect(codeThrownBy(() => reader.chunks({ size: 0 }))).toBe('ERR_OUT_OF_RANGE');
  });
});

describe('lines', () => {
  test.each([
    ['a\nb\n', ['a', 'b']],
    ['a\nb', ['a', 'b']],
    ['\n\n', ['', '']],
    ['', []],
    ['ä\u2028ö\r\nü', ['ä\u2028ö\r', 'ü']],
  ])('of %j', async (text, expected) => {
    const { reader, writer } = temporaryPipe();
    writer.writeSync(text);
    writer.close();
    expect(await listOf(reader.lines())).toEqual(expected);
  });

  test('however they were written', async () => {
    const { reader, writer } = temporaryPipe();
    const list = listOf(reader.lines());
    for (const byte of Buffer.from('äh\nöh\nüh')) {
      writer.writeSync(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    writer.close();
    expect(await soon('the lines', list)).toEqual(['äh', 'öh', 'üh']);
  });

  test('many at once', async () => {
    const { reader, writer } = temporaryPipe();
    const sent = Array.from({ length: 20_000 }, (_, i) => `line ${String(i)}`);
    void writer.write(`${sent.join('\n')}\n`).then(() => {
      writer.close();
    });
    expect(await soon('the lines', listOf(reader.lines()))).toEqual(sent);
  });

  test('a line that is begun when the object is closed is none', async () => {
    const { reader, writer } = temporaryPipe();
    const lines = reader.lines();
    writer.writeSync('a\nb');
    expect(await lines.next()).toEqual({ value: 'a', done: false });
    const next = lines.next();
    reader.close();
    expect(await soon('the end', next)).toEqual({ value: undefined, done: true });
  });

  test('one that is too long', async () => {
    const { reader, writer } = temporaryPipe();
    writer.writeSync('12345\n123456\n');
    const lines = reader.lines({ maxLength: 5 });
    expect((await lines.next()).value).toBe('12345');
    expect(await codeOfRejection(lines.next())).toBe('EMSGSIZE');
    writer.writeSync('1234567');
    expect(await codeOfRejection(listOf(reader.lines({ maxLength: 6 })))).toBe('EMSGSIZE');
  });

  const wide = ['a\u0a00b', '\u000a', '', '\u0a0a\u000aü', 'end'].join('\n');

  test.each([1, 2, 3, 1000])('of UTF-16, in pieces of %d bytes', async (size) => {
    const { reader, writer } = temporaryPipe({ packet: true });
    const list = listOf(reader.lines({ encoding: 'utf16le' }));
    const bytes = Buffer.from(wide, 'utf16le');
    for (let from = 0; from < bytes.length; from += size) {
      writer.writeSync(bytes.subarray(from, from + size));
      await new Promise((resolve) => setImmediate(resolve));
    }
    writer.close();
    expect(await soon('the lines', list)).toEqual(wide.split('\n'));
  });

  test('another encoding, and wrong options', async () => {
    const { reader, writer } = temporaryPipe();
    writer.writeSync(Buffer.from([0xe4, 0x0a]));
    writer.close();
    expect(await listOf(reader.lines({ encoding: 'latin1' }))).toEqual(['ä']);
    expect(codeThrownBy(() => reader.lines({ encoding: 'klingon' as never }))).toBe(
      'ERR_OUT_OF_RANGE',
    );
    expect(codeThrownBy(() => reader.lines({ maxLength: 0 }))).toBe('ERR_OUT_OF_RANGE');
    expect(codeThrownBy(() => reader.lines({ timeout: -1 }))).toBe('ERR_OUT_OF_RANGE');
  });
});

type PiecesOf = (reader: stream.PipeReader) => AsyncIterableIterator<string | Buffer>;

const pieces: [name: string, piecesOf: PiecesOf][] = [
  ['lines', (reader) => reader.lines()],
  ['records', (reader) => reader.records(3)],
];

describe.each(pieces)('%s', (_name, piecesOf) => {
  test('return() ends what waits, and takes nothing more', async () => {
    const { reader, writer } = temporaryPipe();
    const iterator = piecesOf(reader);
    const waiting = iterator.next();
    const left = iterator.return?.();
    expect(await soon('the end', Promise.resolve(left))).toMatchObject({ done: true });
    expect(await soon('what waited', waiting)).toMatchObject({ done: true });
    writer.writeSync('bcd\n');
    expect(await iterator.next()).toMatchObject({ done: true });
    expect(String(reader.tryRead())).toBe('bcd\n');
  });

  test('calls that overlap are answered in their order', async () => {
    const { reader, writer } = temporaryPipe();
    const iterator = piecesOf(reader);
    const three = Promise.all([iterator.next(), iterator.next(), iterator.next()]);
    for (const byte of 'ab\ncd\nef\n') {
      writer.writeSync(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const values = (await soon('three', three)).map(({ value }) => String(value).trim());
    expect(values).toEqual(['ab', 'cd', 'ef']);
  });
});

test.each([
  ['lines', (reader: stream.PipeReader) => reader.lines({ timeout: 300 })],
  ['records', (reader: stream.PipeReader) => reader.records(1e6, { timeout: 300 })],
] as const)('a timeout of %s is for a whole one, however it trickles', async (_name, piecesOf) => {
  const { reader, writer } = temporaryPipe();
  const answers: unknown[] = [];
  const answer = (code: unknown): unknown => answers.push(code);
  void codeOfRejection(piecesOf(reader).next()).then(answer, answer);
  for (const end = performance.now() + 10_000; answers.length === 0 && performance.now() < end;) {
    writer.tryWrite('x');
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(answers).toEqual(['ETIMEDOUT']);
});

describe('records', () => {
  test('of one size, however they were written', async () => {
    const { reader, writer } = temporaryPipe();
    const list = listOf(reader.records(4));
    for (const text of ['ab', 'cdefgh', 'i', 'jk', 'l']) {
      writer.writeSync(text);
      await new Promise((resolve) => setImmediate(resolve));
    }
    writer.close();
    expect((await soon('the records', list)).map(String)).toEqual(['abcd', 'efgh', 'ijkl']);
  });

  test('nothing is taken ahead', async () => {
    const { reader, writer } = temporaryPipe();
    writer.writeSync('abcdef');
    for await (const record of reader.records(2)) {
      expect(String(record)).toBe('ab');
      break;
    }
    expect(String(reader.tryRead())).toBe('cdef');
  });

  test('longer than the pipe', async () => {
    const { reader, writer } = temporaryPipe({ capacity: 4096 });
    void writer.write(pattern(200_000)).then(() => {
      writer.close();
    });
    const records = await soon('the records', listOf(reader.records(100_000)));
    expect(records.map(({ length }) => length)).toEqual([100_000, 100_000]);
    expect(Buffer.concat(records).equals(pattern(200_000))).toBe(true);
  });

  test('a long one takes its own length of memory, not that for each read', async () => {
    const { reader, writer } = temporaryPipe();
    const { external } = process.memoryUsage();
    const size = 2 ** 26;
    const record = codeOfRejection(reader.records(size).next());
    const kept: Buffer[] = [];
    await writer.write(Buffer.alloc(2 ** 21));
    const taken = process.memoryUsage().external - external;
    writer.close();
    expect(await soon('its end', record)).toBe('EBADMSG');
    expect(taken).toBeLessThan(size);
    const other = temporaryPipe();
    for (let i = 0; i < 32; i++) {
      await other.writer.write(Buffer.alloc(2 ** 16));
      kept.push(...chunksNow(other.reader, { size }));
    }
    expect(process.memoryUsage().external - external).toBeLessThan(size);
    expect(Buffer.concat(kept)).toHaveLength(2 ** 21);
  });

  test('the end inside of one', async () => {
    const { reader, writer } = temporaryPipe();
    writer.writeSync('abcde');
    writer.close();
    const records = reader.records(4);
    expect(String((await records.next()).value)).toBe('abcd');
    expect(await rejectionOf(records.next())).toMatchObject({
      code: 'EBADMSG',
      message: expect.stringContaining('after 1 bytes of a record of 4') as string,
    });
  });

  test('until close, and wrong arguments', async () => {
    const { reader, writer } = temporaryPipe();
    writer.writeSync('ab');
    const list = listOf(reader.records(4));
    await new Promise((resolve) => setImmediate(resolve));
    expect(codeThrownBy(() => reader.records(0))).toBe('ERR_OUT_OF_RANGE');
    expect(codeThrownBy(() => reader.records(4, { timeout: -1 }))).toBe('ERR_OUT_OF_RANGE');
    reader.close();
    expect(await soon('the loop', list)).toEqual([]);
  });
});

describe('Node streams', () => {
  test('a pipeline from end to end', async () => {
    const { reader, writer } = temporaryPipe({ capacity: 4096 });
    const sent = pattern(300_000);
    const got: Buffer[] = [];
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        got.push(chunk);
        done();
      },
    });
    const there = pipeline(Readable.from([sent]), createGzip(), writer.writable());
    const back = pipeline(reader.readable(), createGunzip(), sink);
    await soon('both', Promise.all([there, back]));
    expect(Buffer.concat(got).equals(sent)).toBe(true);
    expect([reader.closed, writer.closed]).toEqual([true, true]);
  });

  test('a stream that nobody reads takes no more than it may keep', async () => {
    const { reader, writer } = temporaryPipe();
    const readable = reader.readable({ highWaterMark: 1000 });
    let written = 0;
    const fill = (): boolean => {
      written += writer.tryWrite(Buffer.alloc(1000)) ?? 0;
      return written >= 100_000;
    };
    readable.once('readable', () => undefined);
    for (let i = 0; i < 200 && !fill(); i++) await new Promise((done) => setImmediate(done));
    expect(readable.readableLength).toBeLessThanOrEqual(1000 + 65_536);
    expect(written).toBeLessThan(200_000);
    readable.destroy();
    await waitUntil('it is closed', () => reader.closed);
    expect(codeThrownBy(() => writer.writeSync('x'))).toBe('EPIPE');
  });

  test('a writable holds back while there is no room', async () => {
    const { reader, writer } = temporaryPipe({ capacity: 4096 });
    const writable = writer.writable({ highWaterMark: 1000 });
    expect(writable.write(pattern(10_000))).toBe(false);
    writable.end();
    expect((await soon('all', readAll(reader))).equals(pattern(10_000))).toBe(true);
    await waitUntil('it is closed', () => writer.closed);
    expect(writable.errored).toBeNull();
  });

  test('each chunk is one write', async () => {
    const { reader, writer } = temporaryPipe({ packet: true });
    const writable = writer.writable();
    writable.cork();
    for (const text of ['a', 'bc', 'def']) writable.write(text);
    writable.uncork();
    writable.end();
    expect((await soon('all', listOf(reader))).map(String)).toEqual(['a', 'bc', 'def']);
  });

  test('EPIPE is an error of the stream', async () => {
    const { reader, writer } = temporaryPipe();
    reader.close();
    const writable = writer.writable();
    const failed = new Promise((resolve) => writable.once('error', resolve));
    writable.write('x');
    expect(await soon('the error', failed)).toMatchObject({ code: 'EPIPE' });
  });

  test('destroying one ends what it waits for', async () => {
    const { reader, writer } = temporaryPipe({ capacity: 4096 });
    const readable = reader.readable({ autoClose: false });
    const writable = writer.writable({ autoClose: false });
    readable.resume();
    readable.destroy();
    writer.writeSync(pattern(4096));
    writable.on('error', () => undefined);
    writable.write('x');
    writable.destroy();
    await waitUntil('both', () => readable.closed && writable.closed);
    expect([reader.closed, writer.closed]).toEqual([false, false]);
    expect((await reader.read())?.length).toBe(4096);
    expect(reader.tryRead()).toBeUndefined();
  });

  test('wrong options', () => {
    const { reader, writer } = temporaryPipe();
    expect(codeThrownBy(() => reader.readable({ highWaterMark: 0 }))).toBe('ERR_OUT_OF_RANGE');
    expect(codeThrownBy(() => writer.writable({ autoClose: 1 as never }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
    reader.close();
    expect(codeThrownBy(() => reader.readable())).toBe('ERR_CLOSED');
  });
});

describe('byte by byte', () => {
  const long = pattern(20_000).map((byte) => (byte === 10 ? 11 : byte));

  /** Writes each byte when the one before has been read. */
  async function trickle({ reader, writer }: stream.Pipe): Promise<void> {
    for (const byte of long) {
      writer.writeSync(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(reader.tryRead()).toBeUndefined();
  }

  test.each([
    ['a line', (reader: stream.PipeReader) => reader.lines({ encoding: 'latin1' })],
    ['a record', (reader: stream.PipeReader) => reader.records(long.length + 1)],
  ] as const)('%s is whole, and does not keep a Buffer for each', async (_what, piecesOf) => {
    const pipe = temporaryPipe();
    const pieces = piecesOf(pipe.reader);
    const next = pieces.next();
    collectGarbage();
    const { heapUsed } = process.memoryUsage();
    await trickle(pipe);
    collectGarbage();
    expect(process.memoryUsage().heapUsed - heapUsed).toBeLessThan(1_000_000);
    pipe.writer.writeSync('\n');
    const { value } = (await soon<unknown>('it', next)) as { value: string };
    expect(Buffer.from(value, 'latin1').subarray(0, long.length).equals(long)).toBe(true);
  });
});
