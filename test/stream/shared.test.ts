/** Ends whose descriptors others have too: their flags stay as they are, and ours are nobody else's. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { promisify } from 'node:util';

import { stream } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { descriptorsSince } from '../support/descriptors';
import { pattern } from '../support/files';
import {
  blocks,
  closing,
  isOpenedAgain,
  temporaryEnds,
  temporaryFifo,
  temporaryPipe,
} from '../support/pipes';
import { soon } from '../support/wait-until';

const modules = `
  const { stream } = require('posix-ipc');
  const { spawn } = require('node:child_process');
  const { chmodSync, closeSync, openSync, readFileSync } = require('node:fs');
  const doesNotBlock = (fd) =>
    Number(readFileSync('/proc/self/fdinfo/' + fd, 'latin1').match(/flags:\\s*0*(\\d+)/)[1].at(-4)) & 4;`;

/** What a program of its own writes: one that blocks its event loop is killed. */
async function outputOf(text: string, setUp = ':'): Promise<string> {
  const limits = { timeout: 60_000, killSignal: 'SIGKILL' } as const;
  const program = ['-c', `${setUp}; exec "$@"`, 'sh', process.execPath, '--eval', text];
  const { stdout } = await promisify(execFile)('sh', program, limits);
  return stdout;
}

const programs: [name: string, text: string][] = [
  [
    'an end that was used before it went to a child',
    `const { reader, writer } = stream.pipeSync();
    writer.writeSync('x');
    reader.tryRead();
    const child = spawn('sleep', ['100'], { stdio: [reader.fd, writer.fd, 'inherit'] });`,
  ],
  [
    'an end that is used after that',
    `const { reader, writer } = stream.pipeSync();
    const child = spawn('sleep', ['100'], { stdio: [reader.fd, writer.fd, 'inherit'] });`,
  ],
  [
    'an end of somebody else',
    `const pipe = stream.pipeSync();
    const reader = stream.PipeReader.fromFdSync(pipe.reader.detach());
    const writer = stream.PipeWriter.fromFdSync(pipe.writer.fd, { own: false });
    writer.writeSync('x');
    reader.tryRead();
    const child = spawn('sleep', ['100'], { stdio: [reader.fd, pipe.writer.fd, 'inherit'] });`,
  ],
];

// Node takes O_NONBLOCK away from what becomes a child's standard input or output, and so does bash.
test.each(programs)('%s does not block the event loop', async (_name, text) => {
  const rest = `
    console.log(reader.tryRead());
    while (writer.tryWrite(Buffer.alloc(4096)) !== undefined);
    writer.write('x', { timeout: 1 }).catch((error) => console.log(error.code)).finally(() => {
      child.kill();
      for (let left = 65536; left > 0;) left -= reader.tryRead().length;
      reader.read({ timeout: 1 }).catch((error) => console.log(error.code));
    });`;
  expect(await outputOf(modules + text + rest)).toBe('undefined\nETIMEDOUT\nETIMEDOUT\n');
});

describe('flags', () => {
  test('what others get blocks, whether it was used here or not', async () => {
    const { reader, writer } = temporaryPipe();
    await writer.write('ab');
    expect([blocks(reader.fd), blocks(writer.fd)]).toEqual([true, true]);
    await writer.write('c');
    expect(String(await reader.read())).toBe('abc');
    expect([blocks(reader.fd), blocks(writer.fd)]).toEqual([true, true]);
  });

  test('what others want not to block stays so', async () => {
    const { reader, writer } = temporaryPipe({ nonBlocking: true });
    await writer.write('x');
    await reader.read();
    expect([blocks(reader.fd), blocks(writer.fd)]).toEqual([false, false]);
  });

  // In a program: a read that blocks would hold up the test for ever.
  test('ends that came from elsewhere stay as they are', async () => {
    const text = `
      const { reader, writer } = stream.pipeSync();
      const ours = stream.PipeReader.fromFdSync(reader.fd, { own: false });
      const theirs = stream.PipeWriter.fromFdSync(writer.fd, { own: false });
      theirs.writeSync('x');
      console.log(String(ours.readSync()), ours.tryRead(), doesNotBlock(reader.fd), doesNotBlock(writer.fd));`;
    expect(await outputOf(modules + text)).toBe('x undefined 0 0\n');
  });

  test('a descriptor that is handed over blocks', async () => {
    const { reader, writer } = temporaryPipe();
    await writer.write('x');
    const fd = writer.detach();
    expect(blocks(fd)).toBe(true);
    closing(stream.PipeWriter.fromFdSync(fd)).close();
    expect([await reader.read(), await reader.read()].map(String)).toEqual(['x', 'null']);
  });
});

test('writes to what others have are packets as before', async () => {
  const { reader, writer } = temporaryPipe({ packet: true });
  expect(writer.fd).toBeGreaterThan(2);
  for (const text of ['one', 'two']) await writer.write(text);
  expect([reader.tryRead(), reader.tryRead()].map(String)).toEqual(['one', 'two']);
});

describe('given away while it is used', () => {
  test('a read that waits goes on, and so does a write', async () => {
    const { reader, writer } = temporaryPipe({ capacity: 4096 });
    const reading = reader.read();
    await untilBlockedIn('epoll', process.pid);
    expect(blocks(reader.fd)).toBe(true);
    const sent = pattern(10_000);
    const writing = writer.write(sent);
    expect(blocks(writer.fd)).toBe(true);
    // What follows would hold up the test for ever.
    expect([isOpenedAgain(reader.fd), isOpenedAgain(writer.fd)]).toEqual([true, true]);
    const chunks = [await soon('the read', reading)];
    while (chunks.reduce((sum, chunk) => sum + (chunk?.length ?? 0), 0) < sent.length) {
      chunks.push(await soon('the rest', reader.read()));
    }
    expect(Buffer.concat(chunks as Buffer[]).equals(sent)).toBe(true);
    expect(await writing).toBe(10_000);
  });

  test('the end of a FIFO comes, whenever its writer went', async () => {
    for (const when of ['before the first read', 'after it', 'while one waits']) {
      const { reader, writer } = await temporaryEnds();
      await writer.write('x');
      if (when === 'after it') expect(String(await reader.read())).toBe('x');
      if (when === 'while one waits') await reader.read();
      const waiting = when === 'while one waits' ? reader.read() : undefined;
      writer.close();
      expect(blocks(reader.fd)).toBe(true);
      if (when === 'before the first read') expect(String(await reader.read())).toBe('x');
      expect(await soon(`the end ${when}`, waiting ?? reader.read())).toBeNull();
      expect(reader.tryRead()).toBeNull();
    }
  });

  test('a FIFO that waits for its first writer has no end yet', async () => {
    const fifo = temporaryFifo();
    const reader = closing(fifo.tryOpenReader());
    expect(reader.tryRead()).toBeUndefined();
    expect(blocks(reader.fd)).toBe(true);
    expect(reader.tryRead()).toBeUndefined();
    const reading = reader.read();
    const writer = closing(await fifo.openWriter());
    await writer.write('x');
    expect(String(await soon('the read', reading))).toBe('x');
    writer.close();
    expect(await soon('the end', reader.read())).toBeNull();
  });
});

test('close leaves nothing open: EPIPE and the end come to others', async () => {
  const opened = descriptorsSince();
  const [there, back] = [stream.pipeSync(), stream.pipeSync()];
  const child = spawn('cat', { stdio: [there.reader.fd, back.writer.fd, 'inherit'] });
  await there.writer.write('x');
  await back.writer.write('y');
  expect(there.writer.fd).not.toBe(back.writer.fd);
  for (const one of [there.reader, there.writer, back.writer]) one.close();
  const [first] = (await once(child, 'exit')) as [number];
  expect(first).toBe(0);
  expect(String(back.reader.readSync()) + String(back.reader.readSync())).toMatch(/^(yx|xy)/);
  back.reader.close();
  const left = opened().filter((each) => each.includes('pipe:'));
  expect(left).toEqual([]);
});

// A FIFO whose mode has changed: it cannot be opened a second time.
test('where it cannot be opened again, it is made not to block for all', async () => {
  const fifo = temporaryFifo();
  const path = JSON.stringify(fifo.path);
  const text = `
    const fifo = stream.Fifo.openSync(${path});
    const reader = fifo.tryOpenReader();
    const writer = fifo.tryOpenWriter();
    chmodSync(${path}, 0);
    if (process.getuid() === 0) process.seteuid(65534);
    if (doesNotBlock(reader.fd)) throw new Error('it does not block yet');
    writer.writeSync('x');
    console.log(String(reader.tryRead()), reader.tryRead(), doesNotBlock(reader.fd));`;
  expect(await outputOf(modules + text)).toBe('x undefined 4\n');
  chmodSync(fifo.path, 0o600);
});

test('without room for a second descriptor nothing is changed for others: EMFILE, for now', async () => {
  const text = `
    const { reader, writer } = stream.pipeSync();
    const [ours, used] = [stream.PipeReader.fromFdSync(reader.fd, { own: false }), writer];
    used.writeSync('x');
    const filler = [];
    try {
      for (;;) filler.push(openSync('/dev/null'));
    } catch {}
    for (const call of [() => ours.tryRead(), () => used.fd]) {
      try {
        console.log(call());
      } catch (error) {
        console.log(error.code);
      }
    }
    for (const fd of filler) closeSync(fd);
    console.log(String(ours.tryRead()), ours.tryRead(), doesNotBlock(reader.fd), doesNotBlock(used.fd));`;
  expect(await outputOf(modules + text, 'ulimit -n 100')).toBe('EMFILE\nEMFILE\nx undefined 0 0\n');
});
