/** PipeWriter.sendFile: a file into a pipe, past JavaScript. */

import { execFile } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, readSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { unix, type stream } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { pattern, temporaryFile } from '../support/files';
import { testIf } from '../support/machine';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { chunksNow, readAll, temporaryFifo, temporaryPipe } from '../support/pipes';
import { closing } from '../support/sockets';
import { soon } from '../support/wait-until';

type Writer = stream.PipeWriter;

const forms = [
  [
    'sendFile',
    (writer: Writer, file: string | number, options?: stream.FileRange) =>
      writer.sendFile(file, options),
  ],
  [
    'sendFileSync',
    (writer: Writer, file: string | number, options?: stream.FileRange) =>
      Promise.resolve().then(() => writer.sendFileSync(file, options)),
  ],
] as const;

describe.each(forms)('%s', (_name, send) => {
  test('all of a file, or a part of it', async () => {
    const { reader, writer } = temporaryPipe();
    const file = temporaryFile(pattern(20_000));
    expect(await send(writer, file)).toBe(20_000);
    expect(Buffer.concat(chunksNow(reader))).toEqual(pattern(20_000));
    expect(await send(writer, file, { offset: 19_000 })).toBe(1000);
    expect(await send(writer, file, { offset: 100, length: 50 })).toBe(50);
    expect(await send(writer, file, { offset: 30_000 })).toBe(0);
    expect(await send(writer, file, { length: 0 })).toBe(0);
    const expected = Buffer.concat([pattern(1000, 19_000), pattern(50, 100)]);
    expect(reader.tryRead()).toEqual(expected);
  });

  test('a descriptor moves on, and stays open; with an offset it does not move', async () => {
    const { reader, writer } = temporaryPipe();
    const fd = openSync(temporaryFile('abcdef'), 'r');
    try {
      expect(await send(writer, fd, { length: 2 })).toBe(2);
      expect(await send(writer, fd, { offset: 0, length: 1 })).toBe(1);
      expect(await send(writer, fd)).toBe(4);
      expect(String(reader.tryRead())).toBe('abacdef');
      expect(readSync(fd, Buffer.alloc(1))).toBe(0);
    } finally {
      closeSync(fd);
    }
  });

  test('another pipe', async () => {
    const [from, into] = [temporaryPipe(), temporaryPipe()];
    from.writer.writeSync('passed on');
    from.writer.close();
    expect(await send(into.writer, from.reader.fd)).toBe(9);
    expect(String(into.reader.tryRead())).toBe('passed on');
  });

  test('what cannot be sent', async () => {
    const { reader, writer } = temporaryPipe();
    const file = temporaryFile('x');
    const error = await rejectionOf(send(writer, `${file}.none`));
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'open', path: `${file}.none` });
    expect(await codeOfRejection(send(writer, 2 ** 31 - 1))).toBe('EBADF');
    expect(await codeOfRejection(send(writer, '/'))).toMatch(/^E(ISDIR|INVAL)$/);
    const device = await rejectionOf(send(writer, '/dev/null'));
    expect(device.message).toBe(
      "EINVAL: invalid argument, splice '/dev/null' (what it has cannot be spliced into a pipe)",
    );
    const wrong = await rejectionOf(send(writer, null as never));
    expect(wrong.message).toMatch('The "file" argument must be a path or a descriptor.');
    expect(await codeOfRejection(send(writer, file, { offset: -1 }))).toBe('ERR_OUT_OF_RANGE');
    reader.close();
    expect(await rejectionOf(send(writer, file))).toMatchObject({
      code: 'EPIPE',
      syscall: 'splice',
    });
    writer.close();
    expect(await codeOfRejection(send(writer, file))).toBe('ERR_CLOSED');
  });
});

test('more than the pipe holds, in its place among other writes', async () => {
  const { reader, writer } = temporaryPipe({ capacity: 4096 });
  const file = temporaryFile(pattern(6_000_000));
  const sent = [
    writer.write(pattern(10_000, 7)),
    writer.sendFile(file),
    writer.write('behind it'),
    writer.sendFile(file, { length: 9000 }),
  ];
  expect(writer.tryWrite('no')).toBeUndefined();
  void Promise.all(sent).then(() => {
    writer.close();
  });
  const all = await soon('all', readAll(reader));
  const parts = [pattern(10_000, 7), pattern(6_000_000), Buffer.from('behind it'), pattern(9000)];
  expect(all.equals(Buffer.concat(parts))).toBe(true);
  expect(await Promise.all(sent)).toEqual([10_000, 6_000_000, 9, 9000]);
});

test('what fills the pipe exactly is sent, though nobody reads', async () => {
  const { reader, writer } = temporaryPipe({ capacity: 4096 });
  const file = temporaryFile(pattern(4096));
  expect(await soon('the end of a file', writer.sendFile(file))).toBe(4096);
  expect(writer.sendFileSync(file, { offset: 4096 })).toBe(0);
  const empty = temporaryFile('');
  expect(writer.sendFileSync(empty, { timeout: 10_000 })).toBe(0);
  expect(await writer.sendFile(empty, { timeout: 10_000, offset: 1 })).toBe(0);
  reader.tryRead();
  const from = temporaryPipe();
  await from.writer.write('all of it');
  from.writer.close();
  expect(await soon('the end of a pipe', writer.sendFile(from.reader.fd))).toBe(9);
});

test('the event loop goes on while there is no room', async () => {
  const { reader, writer } = temporaryPipe({ capacity: 4096 });
  const sending = writer.sendFile(temporaryFile(pattern(10_000)));
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
  void sending.then(() => {
    writer.close();
  });
  expect((await soon('all', readAll(reader))).length).toBe(10_000);
});

test('what ends it early: how far it has come, or why', async () => {
  const { reader, writer } = temporaryPipe({ capacity: 4096 });
  const file = temporaryFile(pattern(10_000));
  // Time enough for its thread to come so far, on a machine that is busy.
  expect(await writer.sendFile(file, { timeout: 500 })).toBe(4096);
  expect(await codeOfRejection(writer.sendFile(file, { timeout: 20 }))).toBe('ETIMEDOUT');
  expect(codeThrownBy(() => writer.sendFileSync(file, { timeout: 20 }))).toBe('ETIMEDOUT');
  expect(codeThrownBy(() => writer.sendFileSync(file, { timeout: 0 }))).toBe('ETIMEDOUT');
  const aborted = writer.sendFile(file, { signal: AbortSignal.timeout(20) });
  expect(await rejectionOf(aborted)).toMatchObject({ name: 'TimeoutError' });
  reader.tryRead();
  expect(writer.sendFileSync(file, { timeout: 500 })).toBe(4096);
});

test('a timeout of 0 moves what goes at once', async () => {
  const { reader, writer } = temporaryPipe({ capacity: 4096 });
  const file = temporaryFile(pattern(10_000));
  expect(await writer.sendFile(file, { timeout: 0 })).toBe(4096);
  expect(await codeOfRejection(writer.sendFile(file, { timeout: 0 }))).toBe('ETIMEDOUT');
  reader.tryRead();
  expect(writer.sendFileSync(file, { timeout: 0 })).toBe(4096);
  reader.tryRead();
  expect(await writer.sendFile(file, { timeout: 0, offset: 9990 })).toBe(10);
  reader.tryRead();
  expect(await writer.sendFile(file, { timeout: 0, offset: 10_000 })).toBe(0);
  const empty = temporaryPipe();
  const nothing = writer.sendFile(empty.reader.fd, { timeout: 0 });
  expect(await codeOfRejection(soon('no wait', nothing))).toBe('ETIMEDOUT');
  const waiting = writer.sendFile(empty.reader.fd);
  expect(await codeOfRejection(writer.sendFile(file, { timeout: 0 }))).toBe('ETIMEDOUT'); // in line
  empty.writer.close();
  expect(await waiting).toBe(0);
});

test('close ends it, and the reader sees the end', async () => {
  const { reader, writer } = temporaryPipe({ capacity: 4096 });
  writer.writeSync(pattern(4096));
  const sending = writer.sendFile(temporaryFile(pattern(10_000)));
  await new Promise((resolve) => setTimeout(resolve, 20));
  writer.close();
  expect(await codeOfRejection(sending)).toBe('ERR_CLOSED');
  expect((await soon('the end', readAll(reader))).length).toBe(4096);
});

test('sync forms serve it first', async () => {
  const { reader, writer } = temporaryPipe({ capacity: 65_536 });
  const sending = writer.sendFile(temporaryFile('first '));
  writer.writeSync('second');
  expect(String(reader.tryRead())).toBe('first second');
  expect(await sending).toBe(6);
  const waiting = temporaryPipe();
  const endless = writer.sendFile(waiting.reader.fd);
  await untilBlockedIn('poll', process.pid);
  expect(codeThrownBy(() => writer.writeSync('x', { timeout: 10 }))).toBe('ETIMEDOUT');
  waiting.writer.close();
  expect(await soon('its end', endless)).toBe(0);
});

test('a file of /proc, which has bytes and no size', async () => {
  const { reader, writer } = temporaryPipe({ capacity: 4096 });
  const expected = readFileSync('/proc/crypto');
  const sent = writer.sendFile('/proc/crypto').finally(() => {
    writer.close();
  });
  expect((await soon('the file', readAll(reader))).equals(expected)).toBe(true);
  expect(await sent).toBe(expected.length);
});

// In a process of its own: a thread that waits in splice(2) has the pipe locked, and who reads it then
// is beyond every signal.
test('a source that blocks does not hold up those who use the pipe', async () => {
  const text = `
    const { stream, unix } = require('posix-ipc');
    const { reader, writer } = stream.pipeSync();
    const [near, far] = unix.socketpairSync('seqpacket'); // splice(2) waits for these whatever it is told
    const failed = (error) => console.log(error.code);
    try { writer.sendFileSync(far.fd, { timeout: 0 }); } catch (error) { failed(error); }
    const sending = writer.sendFile(far.fd, { length: 5 });
    setTimeout(async () => {
      console.log(reader.tryRead());
      near.sendSync('hello');
      console.log(await sending, String(reader.tryRead()));
      await writer.sendFile(far.fd, { timeout: 0 }).catch(failed);
      void writer.sendFile(far.fd);
      setTimeout(() => {
        console.log(reader.tryRead());
        process.exit();
      }, 50);
    }, 50);`;
  const limits = { timeout: 60_000, killSignal: 'SIGKILL' } as const;
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', text], limits);
  const expected = ['ETIMEDOUT', 'undefined', '5 hello', 'ETIMEDOUT', 'undefined', ''];
  expect(stdout).toBe(expected.join('\n'));
});

const tracing = path.join('/sys/kernel/tracing/instances', `posix-ipc-${String(process.pid)}`);

/** A folder of the kernel's own, with files that wait; only root may make one, where tracefs is mounted. */
function canTrace(): boolean {
  try {
    mkdirSync(tracing);
    rmdirSync(tracing);
    return true;
  } catch {
    return false;
  }
}

testIf(canTrace(), 'tracefs cannot be used')(
  'a file that blocks is waited for in the same way',
  async () => {
    mkdirSync(tracing);
    const text = `
    const { stream } = require('posix-ipc');
    const { reader, writer } = stream.pipeSync();
    const fd = require('fs').openSync('${tracing}/trace_pipe');
    const failed = (error) => console.log(error.code);
    try { writer.sendFileSync(fd, { timeout: 0 }); } catch (error) { failed(error); }
    writer.sendFile(fd, { timeout: 100 }).catch(failed);
    setTimeout(() => console.log(reader.tryRead()), 50);`;
    try {
      const limits = { timeout: 60_000, killSignal: 'SIGKILL' } as const;
      const { stdout } = await promisify(execFile)(process.execPath, ['--eval', text], limits);
      expect(stdout.split('\n').sort()).toEqual(['', 'ETIMEDOUT', 'ETIMEDOUT', 'undefined']);
    } finally {
      rmdirSync(tracing);
    }
  },
);

test('a FIFO that waits for its first writer has no end yet', async () => {
  const { reader, writer } = temporaryPipe();
  const fifo = temporaryFifo();
  const source = closing(fifo.tryOpenReader());
  expect(await codeOfRejection(writer.sendFile(source.fd, { timeout: 0 }))).toBe('ETIMEDOUT');
  const sending = writer.sendFile(source.fd);
  await untilBlockedIn('poll', process.pid);
  const first = await fifo.openWriter();
  await first.write('hello');
  first.close();
  expect(await soon('the end', sending)).toBe(5);
  expect(String(reader.tryRead())).toBe('hello');
  expect(await writer.sendFile(source.fd)).toBe(0);
});

test('a socket that listens has nothing to send, and is not waited for', async () => {
  const { writer } = temporaryPipe();
  const server = closing(unix.SeqPacketServer.createSync(unix.autobind));
  const listening = writer.sendFile(server.fd);
  expect(['EINVAL', 'ENOTCONN']).toContain(await codeOfRejection(soon('an answer', listening)));
});
