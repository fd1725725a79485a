/** examples/sequence-numbers: its server, its client, and a client in C. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { stream } from 'posix-ipc';

import { Peer, startC } from '../support/processes';
import { runDirectory } from '../support/run-directory';
import { soon, waitUntil } from '../support/wait-until';

const programs = path.resolve(__dirname, '../../dist-programs/examples/sequence-numbers');
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

function start(program: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [path.join(programs, program), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  return child;
}

async function outputOf(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += String(chunk)));
  await soon('its end', once(child, 'close'));
  return text;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends a server, and its FIFO is gone',
  async (signal) => {
    const folder = mkdtempSync(path.join(runDirectory(), 'sequence-'));
    const server = start('server.js', folder);
    await soon('the server', once(server.stdout ?? server, 'data'));
    server.kill(signal);
    await soon('its end', once(server, 'close'));
    expect(server.exitCode).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  },
);

test('a client that is interrupted before there is an answer leaves nothing', async () => {
  const folder = mkdtempSync(path.join(runDirectory(), 'sequence-'));
  stream.mkfifoSync(path.join(folder, 'seqnum_sv'), 0o600);
  const client = start('client.js', folder);
  await waitUntil('it has asked', () => readdirSync(folder).length === 2);
  client.kill('SIGINT');
  await soon('its end', once(client, 'close'));
  expect(client.signalCode).toBe('SIGINT');
  expect(readdirSync(folder)).toEqual(['seqnum_sv']);
});

test('numbers, each once, for clients in Node and C', async () => {
  const folder = mkdtempSync(path.join(runDirectory(), 'sequence-'));
  const server = start('server.js', folder);
  await soon('the server', once(server.stdout ?? server, 'data'));

  const clients = [3, 1, 2].map((count) => outputOf(start('client.js', folder, String(count))));
  const inC = await startC('sequence-client', [folder, '4']);
  const answers = [...(await Promise.all(clients)), await inC.success()].map(Number);
  const after = Number(await outputOf(start('client.js', folder)));

  const counts = [3, 1, 2, 4];
  const taken = answers.flatMap((first, i) =>
    Array.from({ length: counts[i] ?? 0 }, (_, j) => first + j),
  );
  expect(taken.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(after).toBe(10);
});

test('a second server of a folder, which would hand out the same numbers, ends at once', async () => {
  const folder = mkdtempSync(path.join(runDirectory(), 'sequence-'));
  const server = start('server.js', folder);
  await soon('the server', once(server.stdout ?? server, 'data'));
  const second = new Peer(process.execPath, [path.join(programs, 'server.js'), folder]);
  const { code, stdout, stderr } = await soon('its end', second.ended);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`Process ${String(server.pid)} is running already`);
  expect(await outputOf(start('client.js', folder, '2'))).toBe('0\n'); // the first one serves on
  expect(await outputOf(start('client.js', folder))).toBe('2\n');
});

test('a server that was killed is in no way of the next one', async () => {
  const folder = mkdtempSync(path.join(runDirectory(), 'sequence-'));
  const killed = start('server.js', folder);
  await soon('the server', once(killed.stdout ?? killed, 'data'));
  killed.kill('SIGKILL');
  await soon('its end', once(killed, 'close'));
  const server = start('server.js', folder);
  await soon('the next one', once(server.stdout ?? server, 'data'));
  expect(await outputOf(start('client.js', folder))).toBe('0\n');
});

test('a server whose numbers are given out says so at once, and hands out what is left', async () => {
  const folder = mkdtempSync(path.join(runDirectory(), 'sequence-'));
  const server = start('server.js', folder);
  await soon('the server', once(server.stdout ?? server, 'data'));
  const ask = (count: string): Peer =>
    new Peer(process.execPath, [path.join(programs, 'client.js'), folder, count]);

  expect(await ask('2147483647').success()).toBe('0\n');
  const stderr = 'client: the server has no 2 numbers left\n';
  expect(await ask('2').ended).toMatchObject({ code: 1, stdout: '', stderr });
  expect(await ask('1').success()).toBe('2147483647\n');
  expect(await ask('1').ended).toMatchObject({ code: 1, stdout: '' });
});

test.each(['0', '-1', '1.5', 'three', '2147483648'])(
  'nobody asks for %s numbers',
  async (count) => {
    const folder = mkdtempSync(path.join(runDirectory(), 'sequence-'));
    const client = new Peer(process.execPath, [path.join(programs, 'client.js'), folder, count]);
    const usage = 'client: usage: client [FOLDER [COUNT]]\n';
    expect(await client.ended).toMatchObject({ code: 2, stderr: usage });
  },
);
