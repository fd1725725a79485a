/** What the command tells of the locks and channels of the package. */

import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { channel, lock, posix } from 'posix-ipc';
import { Peer } from '../support/processes';
import { randomKey } from '../support/random-key';

const program = path.resolve(__dirname, '../../dist/cli.js');

interface Lasting {
  name: string | undefined;
  close: () => void;
  unlinkSync: () => void;
}

function show(name: string, ...args: string[]): string {
  const all = [program, 'show', 'posix-memory', name, ...args];
  const { stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout;
}

const holder = { pid: process.pid, thread: process.pid };

const kinds: [holds: string, make: (name: string) => Lasting, content: unknown][] = [
  [
    'mutex',
    (name) => {
      const mutex = lock.Mutex.createSync(name);
      mutex.lockSync();
      return mutex;
    },
    expect.objectContaining({ state: 'held', holder: expect.objectContaining(holder) as object }),
  ],
  [
    'rwlock',
    (name) => {
      const rwlock = lock.RwLock.createSync(name);
      rwlock.writeLockSync();
      return rwlock;
    },
    expect.objectContaining({ state: 'writing', holders: expect.anything() as object }),
  ],
  ['condition', (name) => lock.Condition.createSync(name), undefined],
  ['barrier', (name) => lock.Barrier.createSync(name, { parties: 3 }), { parties: 3, waiting: 0 }],
  ['event', (name) => lock.Event.createSync(name, { isSet: true }), { isSet: true }],
  ['once', (name) => lock.Once.createSync(name), { isDone: false }],
  [
    'channel',
    (name) => {
      const one = channel.Channel.createSync(name);
      one.sender().trySend('abc');
      return one;
    },
    expect.objectContaining({
      depth: 1,
      sent: 1,
      sender: expect.objectContaining(holder) as object,
    }),
  ],
  [
    'broadcast',
    (name) => channel.Broadcast.createSync(name),
    expect.objectContaining({ published: 0, publisher: null }),
  ],
];

test.each(kinds)('a %s is recognized, and asked how it is', (holds, make, content) => {
  const name = `/posix-ipc-test-${String(randomKey())}`;
  const one = make(name);
  try {
    const shown = JSON.parse(show(name, '--json')) as Record<string, unknown>;
    expect(shown).toMatchObject({ name, holds });
    expect(shown['content']).toEqual(content);
    expect(shown['users']).toEqual([expect.objectContaining({ pid: process.pid, mappings: 1 })]);
    expect(show(name)).toMatch(new RegExp(`^holds a +${holds}$`, 'm'));
  } finally {
    one.unlinkSync();
    one.close();
  }
});

test('what is temporary is not used by looking: it stays, with what is in it', async () => {
  const name = `/posix-ipc-test-${String(randomKey())}`;
  const code = `
    const { channel } = require(${JSON.stringify(path.resolve(__dirname, '../../dist/index.js'))});
    const made = channel.Channel.createSync('${name}', { temporary: true });
    made.sender().sendSync('left');
    console.log('ready');
    setInterval(() => made, 1e6);`;
  const maker = new Peer(process.execPath, ['--eval', code]);
  try {
    expect(await maker.line()).toBe('ready');
    maker.kill('SIGKILL');
    await maker.ended;
    for (let i = 0; i < 2; i++) {
      const shown = JSON.parse(show(name, '--json')) as Record<string, unknown>;
      expect(shown).toMatchObject({ holds: 'channel', content: { depth: 1 } });
    }
  } finally {
    posix.SharedMemory.unlinkSync(name);
  }
});

test('a channel that grows is asked, too', () => {
  const name = `/posix-ipc-test-${String(randomKey())}`;
  using one = channel.Channel.createSync(name, { capacity: 'unbounded' });
  try {
    one.sender().sendSync('abc');
    const shown = JSON.parse(show(name, '--json')) as Record<string, unknown>;
    expect(shown).toMatchObject({ content: { depth: 1, sent: 1 } });
  } finally {
    one.unlinkSync();
  }
});
