/** examples/calculator: a server, and its clients, side by side. */

import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { posix, type channel } from 'posix-ipc';

import { meet } from '../support/directs';
import { unusedQueueName } from '../support/posix-queues';
import { Peer, type Ended } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

const programs = path.resolve(__dirname, '../../dist-programs/examples/calculator');

const pidFiles: string[] = [];

afterEach(() => {
  for (const file of pidFiles) rmSync(file, { force: true }); // of a server that was killed
  pidFiles.length = 0;
});

/** Of a calculator whose queue and pid file are gone after the test. */
function unusedName(): { name: string; pidFile: string } {
  const name = unusedQueueName();
  const pidFile = path.join(tmpdir(), `${name}.pid`);
  pidFiles.push(pidFile);
  return { name, pidFile };
}

function start(program: string, ...args: string[]): Peer {
  return new Peer(process.execPath, [path.join(programs, program), ...args]);
}

async function startServer(name: string): Promise<Peer> {
  const server = start('server.js', name);
  expect(await server.line()).toMatch(/^ready, /);
  return server;
}

/** It has to end well, and to leave nothing. */
async function stop(server: Peer, { name, pidFile }: ReturnType<typeof unusedName>): Promise<void> {
  server.kill('SIGTERM');
  expect(await server.success()).toBe(`ready, ${pidFile}\n`);
  expect((await server.ended).stderr).toBe('');
  expect(existsSync(pidFile)).toBe(false);
  expect(() => posix.MessageQueue.openSync(name)).toThrow(/ENOENT/);
}

function ask(name: string, ...expressions: string[]): Promise<Ended> {
  return soon('the answers', start('client.js', name, ...expressions).ended);
}

test('answers many at once, in order, and tells what it cannot', async () => {
  const calculator = unusedName();
  const { name } = calculator;
  const server = await startServer(name);
  const many = Array.from({ length: 200 }, (_, i) => `${String(i)} * ${String(i)}`);
  const { code, stdout } = await ask(name, ...many);
  expect(stdout).toBe(many.map((_, i) => `${String(i * i)}\n`).join(''));
  expect(code).toBe(0);

  expect(await ask(name, '1 / 4', '1 / 0', 'two', '-3 - -1.5')).toMatchObject({
    code: 1,
    stdout: '0.25\nEDOM: no number: 1 / 0\nEINVAL: not an expression: two\n-1.5\n',
    stderr: '',
  });
  await stop(server, calculator);
});

test('clients that come at once all get their answers, also while others stay', async () => {
  const calculator = unusedName();
  const server = await startServer(calculator.name);
  using queue = posix.MessageQueue.openSync(calculator.name);
  const staying: channel.Direct[] = [];
  for (let i = 0; i < 12; i++) {
    queue.sendSync(String(process.pid));
    staying.push(await meet(server.pid));
  }
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
  const ends = await Promise.all(numbers.map((i) => ask(calculator.name, `${String(i)} + 1`)));
  expect(ends).toEqual(
    numbers.map((i) => ({ code: 0, signal: null, stdout: `${String(i + 1)}\n`, stderr: '' })),
  );
  const answers = await Promise.all(staying.map((one, i) => one.request(`${String(i)} - 1`)));
  expect(answers.map(Number)).toEqual(staying.map((_, i) => i - 1));
  await stop(server, calculator);
  for (const one of staying) {
    await expect(one.request('1 + 1')).rejects.toMatchObject({ code: 'EPIPE' });
  }
});

test('a second server is told so, and takes no client from the first', async () => {
  const calculator = unusedName();
  const server = await startServer(calculator.name);
  expect(await soon('its end', start('server.js', calculator.name).ended)).toEqual({
    code: 1,
    signal: null,
    stdout: '',
    stderr: `server: Process ${String(server.pid)} is running already: it holds '${calculator.pidFile}'\n`,
  });
  expect((await ask(calculator.name, '1 + 1')).stdout).toBe('2\n');
  await stop(server, calculator);
});

test('clients without a server do not meet each other: each is told', async () => {
  const { name } = unusedName();
  const ends = await Promise.all([ask(name, '1 + 1'), ask(name, '2 + 2')]);
  const told = {
    code: 1,
    signal: null,
    stdout: '',
    stderr: `client: there is no server at '${name}'\n`,
  };
  expect(ends).toEqual([told, told]);
  expect(await ask(name)).toMatchObject({ code: 2, stdout: '' });
});

test('a server that is killed: its client is told, and the next server goes on', async () => {
  const calculator = unusedName();
  const { name } = calculator;
  const server = await startServer(name);
  server.kill('SIGSTOP');
  const client = ask(name, '1 + 1');
  using queue = posix.MessageQueue.openSync(name);
  await waitUntil('the client has called', () => queue.attributes.messages === 1);
  server.kill('SIGKILL');
  await server.ended;
  expect(await client).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^client: ESRCH: .*\n$/) as string,
  });
  const next = await startServer(name); // it finds the call of one that is gone
  expect((await ask(name, '2 + 2')).stdout).toBe('4\n');
  next.kill('SIGTERM');
  await next.success();
  expect((await next.ended).stderr).toMatch(/^server: client \d+: ESRCH: .*\n$/);
});
