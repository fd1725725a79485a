/** A Python program with the standard library alone looks into a channel: examples/channel-look. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { channel, memory } from 'posix-ipc';

import { makeChannel, makeEnds } from '../support/channels';
import { testIf } from '../support/machine';
import { pattern } from '../support/files';
import { numbered } from '../support/numbered';
import { memoryOf, unbounded } from '../support/unbounded';

const script = path.resolve(__dirname, '../../examples/channel-look/look.py');
const hasPython = spawnSync('python3', ['--version']).status === 0;

function look(name: string): { lines: string[]; stderr: string } {
  const { stdout, stderr } = spawnSync('python3', [script, name], { encoding: 'utf8' });
  return { lines: stdout.split('\n').slice(0, -1), stderr };
}

function lengthOf(number: number): number {
  return (number * 700) % 2500;
}

/** Of messages that numbered() has made. */
function expected(from: number, to: number): string[] {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  return numbers.map((i) => `${String(i)} ${numbered(i).toString('hex')}`);
}

testIf(hasPython, 'no python3')(
  'shows what lies in it, beyond its end too, and takes nothing',
  () => {
    const { channel: one, sender, receiver } = makeEnds({ capacity: 1024 });
    expect(look(one.name)).toEqual({ lines: [], stderr: '' });
    let sent = 0;
    let received = 0;
    for (let round = 0; round < 5; round++) {
      while (sender.trySend(numbered(sent), { type: sent })) sent++;
      expect(look(one.name)).toEqual({ lines: expected(received, sent), stderr: '' });
      received += receiver.forEach(() => undefined, { limit: 2 + round });
      receiver.flush();
    }
    expect(one.statSync().depth).toBe(sent - received);
    expect(expected(0, sent).join('').length / 2).toBeGreaterThan(1024);
  },
);

testIf(hasPython, 'no python3')('in segments, and of two senders, and gives no memory', () => {
  const one = makeChannel({ ...unbounded, senders: 2 });
  const [first, second, receiver] = [one.sender(), one.sender(), one.receiver()];
  for (let round = 0; round < 4; round++) {
    const all = [first, second].map((sender, lane) => {
      const from = 100 * round + 10 * lane;
      for (let i = from; i < from + 5; i++) sender.sendSync(pattern(lengthOf(i), i), { type: i });
      sender.flush();
      return Array.from({ length: 5 }, (_, i) => from + i);
    });
    const lines = all.flat().map((i) => `${String(i)} ${pattern(lengthOf(i), i).toString('hex')}`);
    const before = memoryOf(one);
    expect(look(one.name)).toEqual({ lines, stderr: '' });
    expect(memoryOf(one)).toBe(before);
    receiver.forEach(() => undefined);
    receiver.flush();
  }
});

testIf(hasPython, 'no python3')('says what is no channel', () => {
  const one = makeChannel({ capacity: 1024 });
  one.sender().sendSync('x');
  const words = memory.mapSync(`/dev/shm${one.name}`, { access: 'write' }).view(Int32Array);
  words[768 / 4] = 5000;
  expect(look(one.name).stderr).toBe('the channel is damaged\n');
  words[64] = 4096;
  expect(look(one.name).stderr).toBe('the channel is damaged\n');
  words[1] = 3;
  expect(look(one.name).stderr).toMatch('another version');
  words[0] = 0;
  expect(look(one.name).stderr).toBe('there is no channel\n');
});

testIf(hasPython, 'no python3')('says so of any object, however short, and how it is used', () => {
  const one = makeChannel({ capacity: 1024 });
  one.close(); // what is mapped must not become shorter
  for (const bytes of [1, 4, 767, 5001]) {
    writeFileSync(`/dev/shm${one.name}`, Buffer.alloc(bytes));
    expect(look(one.name)).toEqual({ lines: [], stderr: 'there is no channel\n' });
  }
  const { stderr } = spawnSync('python3', [script], { encoding: 'utf8' });
  expect(stderr).toBe('usage: look.py NAME\n');
});

testIf(hasPython, 'no python3')('a temporary one, which stays', () => {
  using one = channel.Channel.createSync(undefined, { temporary: true });
  one.sender().sendSync('x', { type: 1 });
  expect(look(one.name)).toEqual({ lines: ['1 78'], stderr: '' });
  using other = channel.Channel.openSync(one.name);
  expect(other.receiver().tryReceive()?.type).toBe(1);
});
