/** examples/pipeline: a Node process between two C programs. */

import path from 'node:path';

import { type Ended, Peer } from '../support/processes';
import { soon } from '../support/wait-until';

const program = path.resolve(__dirname, '../../dist-programs/examples/pipeline/pipeline.js');

function run(producer: string, consumer: string): Promise<Ended> {
  return soon('its end', new Peer(process.execPath, [program, producer, consumer]).ended);
}

test('what one program writes goes to the other, line by line', async () => {
  const { code, stdout, stderr } = await run('seq 1000 | tr 0-9 a-j', 'sort -nr');
  const line = (i: number): string =>
    `${String(i)}\t${String(i).replace(/./g, (digit) => 'abcdefghij'[Number(digit)] ?? '')}\n`;
  expect(stdout).toBe(Array.from({ length: 1000 }, (_, i) => line(1000 - i)).join(''));
  expect([code, stderr]).toEqual([0, '']);
});

test('a consumer that has enough ends them all, and SIGPIPE the producer', async () => {
  const producer = `yes; kill -l $? >&2`;
  const { code, stdout, stderr } = await run(producer, 'head -n 2');
  expect(stdout).toBe('1\ty\n2\ty\n');
  expect([code, stderr]).toEqual([0, 'PIPE\n']);
});

test('a slow consumer holds up the producer', async () => {
  const slow = new Peer(process.execPath, [program, 'yes', 'read line; echo "$line"; read line']);
  expect(await slow.line()).toBe('1\ty');
  slow.tell('');
  expect(await slow.success()).toBe('1\ty\n');
});

test('the last one tells how it went', async () => {
  expect((await run('seq 1', 'cat >/dev/null; exit 3')).code).toBe(3);
});

test('a shell that cannot be started is told in a line', async () => {
  const env = { ...process.env, PATH: '/nowhere' };
  const lost = new Peer(process.execPath, [program, 'seq 1', 'cat'], { env });
  const { code, stderr } = await soon('its end', lost.ended);
  expect(stderr).toBe('pipeline: spawn sh ENOENT\n');
  expect(code).toBe(1);
});
