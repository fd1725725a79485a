/** examples/sequence-numbers: its server, its client, and a client in C. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { startC } from '../support/processes';
import { runDirectory } from '../support/run-directory';
import { soon } from '../support/wait-until';

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

  server.kill('SIGTERM');
  await soon('its end', once(server, 'close'));
  expect(server.exitCode).toBe(0);
  expect(existsSync(folder) && readdirSync(folder)).toEqual([]);
});
