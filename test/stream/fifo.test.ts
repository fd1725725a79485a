/** stream.mkfifo, stream.Fifo. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, statSync, symlinkSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { Worker } from 'node:worker_threads';

import { stream } from 'posix-ipc';

import { threadsBlockedIn, untilBlockedIn } from '../support/blocked';
import { descriptorsSince } from '../support/descriptors';
import { temporaryFile } from '../support/files';
import { codeOfRejection, codeThrownBy, rejectionOf, thrownBy } from '../support/outcome';
import { closing, readAll, temporaryEnds, temporaryFifo, temporaryPath } from '../support/pipes';
import { soon, waitUntil } from '../support/wait-until';

function modeOf(path: string): number {
  expect(statSync(path).isFIFO()).toBe(true);
  return statSync(path).mode & 0o7777;
}

const makers = [
  ['mkfifo', (path: string, mode?: number) => stream.mkfifo(path, mode)],
  [
    'mkfifoSync',
    (path: string, mode?: number) =>
      Promise.resolve().then(() => {
        stream.mkfifoSync(path, mode);
      }),
  ],
  ['create', (path: string, mode?: number) => stream.Fifo.create(path, { mode })],
  [
    'createSync',
    (path: string, mode?: number) =>
      Promise.resolve().then(() => stream.Fifo.createSync(path, { mode })),
  ],
  ['openOrCreate', (path: string, mode?: number) => stream.Fifo.openOrCreate(path, { mode })],
] as const;

describe.each(makers)('%s', (name, make) => {
  test.each([undefined, 0, 0o600, 0o666, 0o777, 0o246])('mode %p, exactly', async (mode) => {
    const path = temporaryPath();
    const before = process.umask(0o077);
    try {
      await make(path, mode);
    } finally {
      process.umask(before);
    }
    expect(modeOf(path)).toBe(mode ?? 0o600);
  });

  test('what cannot be made', async () => {
    const path = temporaryPath();
    const file = temporaryFile('');
    const error = await rejectionOf(make(`${path}/x`));
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'mkfifo', path: `${path}/x` });
    expect(await codeOfRejection(make(`${file}/x`))).toBe('ENOTDIR');
    expect(await codeOfRejection(make(path, 0o1000))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(make(path, '600' as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect((await rejectionOf(make(undefined as never))).message).toBe(
      'The "path" argument must be a string. Received undefined',
    );
    expect(await codeOfRejection(make('a\0b'))).toMatch(/^ERR_/);
    const found = name === 'openOrCreate' ? 'EINVAL' : 'EEXIST';
    expect(await codeOfRejection(make(file))).toBe(found);
  });
});

describe('open, openOrCreate, unlink', () => {
  test('one that is there', async () => {
    const { path } = temporaryFifo({ mode: 0o640 });
    expect((await stream.Fifo.open(path)).path).toBe(path);
    expect((await stream.Fifo.openOrCreate(path, { mode: 0o600 })).path).toBe(path);
    expect(stream.Fifo.openOrCreateSync(path).path).toBe(path);
    expect(modeOf(path)).toBe(0o640);
  });

  test('one that is not there, and what is no FIFO', async () => {
    const path = temporaryPath();
    expect(await codeOfRejection(stream.Fifo.open(path))).toBe('ENOENT');
    const error = thrownBy(() => stream.Fifo.openSync(temporaryFile('')));
    expect(error.message).toMatch(/^EINVAL: .*, stat '.*' \(it is no FIFO\)$/);
  });

  test('a link that leads nowhere is neither opened nor followed', () => {
    const [link, target] = [temporaryPath(), temporaryPath()];
    symlinkSync(target, link);
    expect(codeThrownBy(() => stream.Fifo.openOrCreateSync(link))).toBe('ENOENT');
    expect(existsSync(target)).toBe(false);
  });

  test('unlink takes FIFOs only', async () => {
    const fifo = temporaryFifo();
    const file = temporaryFile('');
    expect(await codeOfRejection(stream.Fifo.unlink(file))).toBe('EINVAL');
    expect(existsSync(file)).toBe(true);
    await fifo.unlink();
    expect(existsSync(fifo.path)).toBe(false);
    expect(await codeOfRejection(fifo.unlink())).toBe('ENOENT');
    expect(
      codeThrownBy(() => {
        fifo.unlinkSync();
      }),
    ).toBe('ENOENT');
  });
});

test('a relative path is still the same after chdir', async () => {
  const file = temporaryPath();
  const before = process.cwd();
  try {
    process.chdir(path.dirname(file));
    const fifo = closing(stream.Fifo.createSync(path.basename(file)));
    process.chdir('/');
    expect(fifo.path).toBe(path.basename(file));
    closing(await fifo.openReader({ keepOpen: true }));
    closing(await fifo.openWriter({ timeout: 0 }));
    await fifo.unlink();
    expect(existsSync(file)).toBe(false);
  } finally {
    process.chdir(before);
  }
});

describe('opening an end', () => {
  test('each waits for the other', async () => {
    const fifo = temporaryFifo();
    const reading = fifo.openReader();
    await untilBlockedIn('openat', process.pid);
    const writer = closing(await fifo.openWriter());
    const reader = closing(await soon('the reader', reading));
    expect([reader.path, writer.path]).toEqual([fifo.path, fifo.path]);
    writer.writeSync('x');
    expect(String(await reader.read())).toBe('x');
  });

  test('a writer that waits', async () => {
    const fifo = temporaryFifo();
    const writing = fifo.openWriter();
    await untilBlockedIn('openat', process.pid);
    const reader = closing(await fifo.openReader());
    closing(await soon('the writer', writing)).writeSync('x');
    expect(String(reader.tryRead())).toBe('x');
  });

  test('many at once hold up nobody: not fs, not each other', async () => {
    const fifos = Array.from({ length: 20 }, () => temporaryFifo());
    const readers = fifos.map((fifo) => fifo.openReader());
    await untilBlockedIn('openat', process.pid, undefined, 20);
    await soon('fs', stat('/'));
    for (const fifo of fifos) closing(await fifo.openWriter());
    for (const reader of readers) closing(await soon('a reader', reader));
    expect(threadsBlockedIn('openat', process.pid)).toBe(0);
  });

  test('sync forms, with a shell at the other end', () => {
    const fifo = temporaryFifo();
    spawn('sh', ['-c', 'cat < "$0" > "$0.out"; cat "$0.out" > "$0"; rm "$0.out"', fifo.path], {
      stdio: 'inherit',
    });
    const writer = fifo.openWriterSync();
    writer.writeSync('there and back');
    writer.close();
    const reader = closing(fifo.openReaderSync({ timeout: 30_000 }));
    expect(String(reader.readSync())).toBe('there and back');
    expect(reader.readSync()).toBeNull();
  });

  test('a socket that has taken its place is no FIFO without a reader', async () => {
    const fifo = temporaryFifo();
    await fifo.unlink();
    const server = closing(createServer().listen(fifo.path));
    await once(server, 'listening');
    expect(codeThrownBy(() => fifo.tryOpenWriter())).toBe('EINVAL');
    expect(await codeOfRejection(fifo.openWriter())).toBe('EINVAL');
    expect(codeThrownBy(() => fifo.openWriterSync())).toBe('EINVAL');
  });

  test.each([0, 30])('a timeout of %d ms', async (timeout) => {
    const fifo = temporaryFifo();
    for (const open of [
      (): Promise<unknown> => fifo.openReader({ timeout }),
      (): Promise<unknown> => fifo.openWriter({ timeout }),
      (): Promise<unknown> => Promise.resolve().then(() => fifo.openReaderSync({ timeout })),
      (): Promise<unknown> => Promise.resolve().then(() => fifo.openWriterSync({ timeout })),
    ]) {
      const began = performance.now();
      const error = await rejectionOf(open());
      expect(performance.now() - began).toBeGreaterThanOrEqual(timeout);
      expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'open', path: fifo.path });
      expect(error.stack).toContain('fifo.test.ts');
    }
    await waitUntil('no thread waits', () => threadsBlockedIn('openat', process.pid) === 0);
  });

  test('a timeout of 0 is no wait: who is there is met', async () => {
    const fifo = temporaryFifo();
    const writing = fifo.openWriter();
    await untilBlockedIn('openat', process.pid);
    const reader = closing(await fifo.openReader({ timeout: 0 }));
    const writer = closing(await soon('the writer', writing));
    for (const open of [
      (): Promise<stream.PipeReader> => fifo.openReader({ timeout: 0 }),
      (): Promise<stream.PipeReader> =>
        Promise.resolve().then(() => fifo.openReaderSync({ timeout: 0 })),
    ]) {
      closing(await open());
    }
    for (const open of [
      (): Promise<stream.PipeWriter> => fifo.openWriter({ timeout: 0 }),
      (): Promise<stream.PipeWriter> =>
        Promise.resolve().then(() => fifo.openWriterSync({ timeout: 0 })),
    ]) {
      closing(await open());
    }
    await writer.write('x');
    expect(String(await reader.read())).toBe('x');
  });

  test('an abort', async () => {
    const fifo = temporaryFifo();
    const leaving = new AbortController();
    const opening = [fifo.openReader({ signal: leaving.signal })];
    await untilBlockedIn('openat', process.pid);
    leaving.abort('enough');
    expect(await rejectionOf(Promise.all(opening))).toBe('enough');
    expect(await rejectionOf(fifo.openWriter({ signal: leaving.signal }))).toBe('enough');
    expect(fifo.tryOpenWriter()).toBeUndefined();
  });

  test('close ends waits; ends that are open stay', async () => {
    const { fifo, reader, writer } = await temporaryEnds();
    const other = temporaryFifo();
    const opening = [other.openReader(), other.openReader()];
    await untilBlockedIn('openat', process.pid, undefined, 2);
    other.close();
    // All at once: one that nobody listens to when it rejects would be an unhandled rejection.
    expect(await Promise.all(opening.map(codeOfRejection))).toEqual(['ERR_CLOSED', 'ERR_CLOSED']);
    fifo.close();
    expect(await codeOfRejection(fifo.openReader())).toBe('ERR_CLOSED');
    expect(codeThrownBy(() => fifo.tryOpenWriter())).toBe('ERR_CLOSED');
    writer.writeSync('x');
    expect(String(reader.tryRead())).toBe('x');
  });

  test('try forms', async () => {
    const fifo = temporaryFifo();
    expect(fifo.tryOpenWriter()).toBeUndefined();
    const reader = closing(fifo.tryOpenReader());
    expect(reader.tryRead()).toBeUndefined(); // not the end: nobody has come yet
    const read = reader.read();
    const writer = fifo.tryOpenWriter();
    if (writer === undefined) throw new Error('there is a reader');
    writer.writeSync('x');
    expect(String(await soon('the read', read))).toBe('x');
    writer.close();
    expect([reader.tryRead(), reader.readSync()]).toEqual([null, null]);
    const next = closing(await fifo.openWriter());
    expect(reader.tryRead()).toBeUndefined();
    next.writeSync('y');
    expect(String(reader.tryRead())).toBe('y');
  });

  test('what has the name now', async () => {
    const fifo = temporaryFifo();
    fifo.unlinkSync();
    expect(await codeOfRejection(fifo.openReader())).toBe('ENOENT');
    expect(codeThrownBy(() => fifo.openReaderSync())).toBe('ENOENT');
    closeSync(openSync(fifo.path, 'w'));
    const opened = descriptorsSince();
    expect(await codeOfRejection(fifo.openReader())).toBe('EINVAL');
    expect(await codeOfRejection(fifo.openReader({ keepOpen: true }))).toBe('EINVAL');
    expect(await codeOfRejection(fifo.openWriter())).toBe('EINVAL');
    expect(codeThrownBy(() => fifo.tryOpenReader())).toBe('EINVAL');
    expect(opened()).toEqual([]);
  });

  test('a descriptor that comes for nobody is closed', async () => {
    const text = `
      const { stream } = require('posix-ipc');
      const { parentPort, workerData } = require('node:worker_threads');
      void stream.Fifo.openSync(workerData).openReader();
      parentPort.postMessage('waiting');
      parentPort.once('message', () => { for (;;); });`;
    const fifo = temporaryFifo();
    const worker = new Worker(text, { eval: true, workerData: fifo.path });
    await soon('the worker', new Promise((resolve) => worker.once('message', resolve)));
    await untilBlockedIn('openat', process.pid);
    const opened = descriptorsSince();
    worker.postMessage('be busy');
    const writer = await fifo.openWriter(); // and the worker's loop never hears of it
    await soon('its end', worker.terminate());
    await waitUntil('nobody reads', () => fails(writer));
    writer.close();
    expect(opened()).toEqual([]);
  });

  test.each([
    ['process.exit', 'process.exit(7)', 7],
    ['an uncaught error', "throw new Error('nobody catches this')", 1],
    ['unref', 'fifo.unref()', 0],
  ])('%s ends a process whose open is pending', async (_name, act, code) => {
    const { path } = temporaryFifo();
    const text = `
      const { stream } = require('posix-ipc');
      const fifo = stream.Fifo.openSync(${JSON.stringify(path)});
      fifo.openReader();
      process.stdin.once('data', () => { process.stdin.destroy(); ${act}; });`;
    const child = spawn(process.execPath, ['--eval', text], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await untilBlockedIn('openat', child.pid ?? -1);
    child.stdin.write('go');
    const ended = new Promise((resolve) => child.once('exit', resolve));
    expect(await soon('its end', ended)).toBe(code);
  });

  test('both ends in worker threads', async () => {
    const text = `
      const { stream } = require('posix-ipc');
      const { parentPort, workerData } = require('node:worker_threads');
      const [path, form] = workerData;
      const fifo = stream.Fifo.openSync(path);
      (async () => {
        if (form === 'write') {
          const writer = await fifo.openWriter();
          return writer.write(Buffer.alloc(300_000, 'w')).finally(() => writer.close());
        }
        const reader = fifo.openReaderSync();
        let length = 0;
        for (let chunk; (chunk = reader.readSync()) !== null; ) length += chunk.length;
        return length;
      })().then((length) => parentPort.postMessage(length));`;
    const { path } = temporaryFifo();
    const lengths = ['read', 'write'].map((form) => {
      const worker = new Worker(text, { eval: true, workerData: [path, form] });
      return new Promise((resolve) => worker.once('message', resolve));
    });
    expect(await soon('both', Promise.all(lengths))).toEqual([300_000, 300_000]);
  });

  test('wrong options', async () => {
    const fifo = temporaryFifo();
    expect(await codeOfRejection(fifo.openReader({ keepOpen: 1 as never }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
    expect(await codeOfRejection(fifo.openWriter({ timeout: -1 }))).toBe('ERR_OUT_OF_RANGE');
  });
});

function fails(writer: stream.PipeWriter): boolean {
  try {
    writer.tryWrite('x');
    return false;
  } catch {
    return true;
  }
}

describe('keepOpen', () => {
  test('the server waits for nobody, and outlives its clients', async () => {
    const fifo = temporaryFifo();
    const server = closing(await fifo.openReader({ keepOpen: true }));
    const lines = server.lines();
    for (const text of ['a', 'b', 'c']) {
      const client = await fifo.openWriter();
      await client.write(`${text}\n`);
      client.close();
      expect((await soon('a line', lines.next())).value).toBe(text);
    }
    expect(server.tryRead()).toBeUndefined();
    server.close();
    expect((await lines.next()).done).toBe(true);
    expect(fifo.tryOpenWriter()).toBeUndefined();
  });

  test('without it the last one brings the end', async () => {
    const { reader, writer } = await temporaryEnds();
    writer.writeSync('x');
    writer.close();
    expect(await soon('the end', readAll(reader))).toEqual(Buffer.from('x'));
  });

  test('sync', () => {
    const fifo = temporaryFifo();
    const server = closing(fifo.openReaderSync({ keepOpen: true }));
    const client = closing(fifo.openWriterSync());
    client.writeSync('x');
    client.close();
    expect(String(server.readSync())).toBe('x');
    expect(codeThrownBy(() => server.readSync({ timeout: 1 }))).toBe('ETIMEDOUT');
  });
});
