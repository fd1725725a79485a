/** examples/bounded-buffer: processes that put and take, some of which are killed. */

import path from 'node:path';

import { temporaryFile } from '../support/files';
import { Peer } from '../support/processes';
import { soon } from '../support/wait-until';

const program = path.resolve(__dirname, '../../dist-programs/examples/bounded-buffer/main.js');

const start = (...args: string[]): Peer => new Peer(process.execPath, [program, ...args]);

test('each number comes out once, in order, whoever is killed meanwhile', async () => {
  const file = temporaryFile(Buffer.alloc(0));
  await start('make', file).success();
  const victims = [start('take', file), start('put', file, '1', '1000000000')];
  for (let i = 0; i < 50; i++) await victims[0]?.line();
  for (const victim of victims) {
    victim.kill('SIGKILL');
    await victim.ended;
  }
  const taker = start('take', file);
  const [first, last] = [-200, -101]; // to be told from those of the dead
  await start('put', file, String(first), String(last)).success();
  const taken: number[] = [];
  while (taken.at(-1) !== last) {
    const number = Number(await taker.line());
    if (number < 0) taken.push(number);
  }
  expect(taken).toEqual(Array.from({ length: 100 }, (_, i) => first + i));
});

test('two that take share what two put', async () => {
  const file = temporaryFile(Buffer.alloc(0));
  await start('make', file).success();
  const takers = [start('take', file), start('take', file)];
  const puts = [start('put', file, '1', '100'), start('put', file, '101', '200')];
  for (const one of puts) await one.success();
  await start('put', file, '0', '0').success();
  await start('put', file, '0', '0').success();
  const outputs = await Promise.all(takers.map((taker) => taker.success()));
  const taken = outputs.flatMap((output) => output.trim().split('\n').map(Number));
  expect(taken.sort((a, b) => a - b)).toEqual([
    0,
    0,
    ...Array.from({ length: 200 }, (_, i) => i + 1),
  ]);
});

test('Ctrl-C ends who waits, and no number is lost', async () => {
  const file = temporaryFile(Buffer.alloc(0));
  await start('make', file).success();
  const taker = start('take', file);
  await start('put', file, '1', '1').success();
  expect(await taker.line()).toBe('1'); // it waits for the next one
  taker.kill('SIGINT');
  expect(await soon('its end', taker.ended)).toMatchObject({ signal: 'SIGINT' });
  const putter = start('put', file, '2', '1000');
  const next = start('take', file);
  expect(await next.line()).toBe('2');
  next.kill('SIGTERM');
  expect(await soon('its end', next.ended)).toMatchObject({ signal: 'SIGTERM' });
  putter.kill('SIGINT'); // it is full
  expect(await soon('its end', putter.ended)).toMatchObject({ signal: 'SIGINT' });
});

test.each([
  [],
  ['give'],
  ['give', 'file'],
  ['take'],
  ['put', 'file', 'one'],
  ['put', 'file', '1', '2.5'],
])('says how it is used', async (...args: string[]) => {
  const usage = 'bounded-buffer: usage: main make|put|take FILE [FROM TO]\n';
  expect(await start(...args).ended).toMatchObject({ code: 2, stderr: usage });
});
