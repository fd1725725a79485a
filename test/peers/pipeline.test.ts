/** A Node parent and C programs on pipes, as a shell makes them. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { pattern, temporaryFile } from '../support/files';
import { blocks, readAll, temporaryPipe } from '../support/pipes';
import { soon } from '../support/wait-until';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

type Stdio = number | 'ignore' | 'inherit';

function run(command: string, args: string[], stdin: Stdio, stdout: Stdio): ChildProcess {
  const child = spawn(command, args, { stdio: [stdin, stdout, 'inherit'] });
  children.push(child);
  return child;
}

async function endOf(child: ChildProcess): Promise<unknown> {
  const ended = child.exitCode !== null || child.signalCode !== null;
  if (!ended) await soon('the end of a child', once(child, 'exit'));
  return child.exitCode ?? child.signalCode;
}

test('a file through C, Node, C, and back', async () => {
  const [first, second, third] = [temporaryPipe(), temporaryPipe(), temporaryPipe()];
  const file = temporaryFile(pattern(500_000));
  const cat = run('cat', [file], 'ignore', first.writer.fd);
  const last = run('cat', [], second.reader.fd, third.writer.fd);
  for (const end of [first.writer, second.reader, third.writer]) end.close();
  const between = (async (): Promise<void> => {
    for await (const chunk of first.reader) await second.writer.write(chunk);
    second.writer.close();
  })();
  const all = await soon('the end', readAll(third.reader));
  await between;
  expect(all.equals(pattern(500_000))).toBe(true);
  expect([await endOf(cat), await endOf(last)]).toEqual([0, 0]);
});

test('between two C programs, which block; ours are closed, so the end comes', async () => {
  const between = temporaryPipe({ capacity: 4096 });
  const back = temporaryPipe();
  expect([blocks(between.reader.fd), blocks(between.writer.fd)]).toEqual([true, true]);
  run('head', ['-c', '1000000', '/dev/zero'], 'ignore', between.writer.fd);
  run('wc', ['-c'], between.reader.fd, back.writer.fd);
  for (const end of [between.reader, between.writer, back.writer]) end.close();
  expect(Number(await soon('the count', readAll(back.reader)))).toBe(1_000_000);
});

test('a C program that writes to nobody gets SIGPIPE, as in a shell', async () => {
  const { reader, writer } = temporaryPipe();
  const yes = run('yes', [], 'ignore', writer.fd);
  writer.close();
  expect((await soon('a line', reader.read({ size: 2 })))?.toString()).toBe('y\n');
  reader.close();
  expect(await endOf(yes)).toBe('SIGPIPE');
});

test('a C program that stops reading gives us EPIPE', async () => {
  const there = temporaryPipe();
  const back = temporaryPipe();
  run('head', ['-c', '5'], there.reader.fd, back.writer.fd);
  there.reader.close();
  back.writer.close();
  const endless = async (): Promise<never> => {
    for (;;) await there.writer.write(pattern(65_536));
  };
  await expect(soon('the error', endless())).rejects.toMatchObject({ code: 'EPIPE' });
  expect(await readAll(back.reader)).toEqual(pattern(5));
});
