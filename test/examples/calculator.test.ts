/** examples/calculator: a server, and its clients, one after the other. */

import path from 'node:path';

import { directName } from '../support/directs';
import { Peer, type Ended } from '../support/processes';
import { soon } from '../support/wait-until';

const programs = path.resolve(__dirname, '../../dist-programs/examples/calculator');

function start(program: string, ...args: string[]): Peer {
  return new Peer(process.execPath, [path.join(programs, program), ...args]);
}

async function startServer(name: string): Promise<Peer> {
  const server = start('server.js', name);
  expect(await server.line()).toBe('ready');
  return server;
}

function ask(name: string, ...expressions: string[]): Promise<Ended> {
  return soon('the answers', start('client.js', name, ...expressions).ended);
}

test('answers many at once, in order, and tells what it cannot', async () => {
  const name = directName();
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
  server.kill('SIGTERM');
  expect(await server.success()).toBe('ready\n');
});

test('clients that come at once are served one after the other', async () => {
  const name = directName();
  const server = await startServer(name);
  const clients = [1, 2, 3, 4].map((i) => ask(name, `${String(i)} + 1`));
  const answers = (await Promise.all(clients)).map(({ stdout }) => stdout);
  expect(answers).toEqual(['2\n', '3\n', '4\n', '5\n']);
  server.kill('SIGTERM');
  await server.success();
});

test('a server that is killed: its client is told, and the next server goes on', async () => {
  const name = directName();
  const server = await startServer(name);
  server.kill('SIGSTOP');
  const client = ask(name, '1 + 1'); // meets nobody yet, or one that does not answer
  server.kill('SIGKILL');
  await server.ended;
  const next = await startServer(name);
  const { stdout } = await client;
  expect(stdout).toMatch(/^(2|(ECONNRESET|EPIPE): .*)\n$/);
  expect((await ask(name, '2 + 2')).stdout).toBe('4\n');
  next.kill('SIGTERM');
  await next.success();
});
