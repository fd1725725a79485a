/** The command, run as a program. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { posix, sysv } from 'posix-ipc';
import { nobody } from '../support/nobody';
import { mayUnshare, startWithoutProc, startWithQueueNames } from '../support/own-namespace';
import { temporaryPosixQueue } from '../support/posix-queues';
import { adoptQueue, temporaryQueue } from '../support/queues';
import { randomKey } from '../support/random-key';
import { adoptAttached, temporarySegment } from '../support/segments';
import { setOf } from '../support/semaphore-sets';
import { temporarySemaphore } from '../support/semaphores';
import { isRoot, isSanitized, testIf } from '../support/machine';
import { waitUntil } from '../support/wait-until';

const program = path.resolve(__dirname, '../../dist/cli.js');

interface Answer {
  status: number | null;
  stdout: string;
  stderr: string;
}

function run(...args: string[]): Answer {
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
}

function expectText(...args: string[]): string {
  const { status, stdout, stderr } = run(...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

function expectJson(...args: string[]): Record<string, unknown> {
  return JSON.parse(expectText(...args, '--json')) as Record<string, unknown>;
}

/** A line of a table, as the texts of its cells. */
function rowWith(cell: string, text: string): string[] | undefined {
  const rows = text.split('\n').map((line) => line.trim().split(/ {2,}/));
  return rows.find((cells) => cells.includes(cell));
}

const asNobody = { encoding: 'utf8', uid: nobody, gid: nobody } as const;
const mayRead = `fs.accessSync(${JSON.stringify(program)})`;
const mayBeNobody =
  isRoot && spawnSync(process.execPath, ['--eval', mayRead], asNobody).status === 0;

const me = { pid: process.pid, uid: process.getuid?.(), command: expect.any(String) as string };

describe('System V', () => {
  test('a queue: who sent last, and what is in it, which stays', () => {
    const queue = temporaryQueue({ mode: 0o640 });
    queue.sendSync('\x1b[31mred', { type: 7 });
    queue.sendSync(Buffer.alloc(300, 'x'), { type: 2n ** 62n });
    queue.sendSync('', { type: 1 });
    const key = `0x${queue.key.toString(16).padStart(8, '0')}`;
    const row = rowWith(key, expectText('sysv-queue'));
    expect([row?.[0], ...(row ?? []).slice(3, 7)]).toEqual([
      String(queue.id),
      '0640',
      '3',
      '308',
      String(queue.statSync().maxBytes),
    ]);
    expect(row?.slice(7)).toEqual([expect.stringMatching(`^${String(process.pid)} \\(`), '-']);
    const shown = expectJson('show', 'sysv-queue', key, '--most', '2');
    expect(shown).toMatchObject({
      ...{ id: queue.id, key, mode: '0640', uid: process.getuid?.(), messages: 3, bytes: 308 },
      ...{ lastSendPid: process.pid, lastReceivePid: 0, receivedAt: null },
      content: [
        { index: 0, type: '7', length: 8, begin: '\\x1b[31mred' },
        { index: 1, type: String(2n ** 62n), length: 300, begin: `${'x'.repeat(40)}...` },
      ],
    });
    const text = expectText('show', 'sysv-queue', String(queue.id), '--most', '1');
    expect(text).toContain('  2 more\n');
    expect(text).not.toContain('\x1b');
    expect(queue.statSync()).toMatchObject({ messages: 3, lastReceivePid: 0 });
  });

  test('a key with the highest bit, in any case; IPC_PRIVATE has none', () => {
    const key = -randomKey();
    const queue = adoptQueue(sysv.MessageQueue.createSync(key));
    const text = `0x${(key >>> 0).toString(16)}`;
    expect(
      expectJson(
        'show',
        'sysv-queues',
        text.replace(/[a-f]/g, (one) => one.toUpperCase()),
      ),
    ).toMatchObject({ id: queue.id, key: text });
    const unnamed = adoptQueue(sysv.MessageQueue.createSync(sysv.IPC_PRIVATE));
    expect(expectJson('show', 'sysv-queue', String(unnamed.id))).toMatchObject({ key: 'private' });
    expect(run('show', 'sysv-queue', '0x0')).toMatchObject({ status: 1 });
  });

  test('a set: its values, and how many wait', async () => {
    const set = setOf(3, 0, 1);
    const waiting = set.acquire({ index: 1 }).catch(() => undefined);
    await waitUntil('it waits', () => contentOf(set.id)[1]?.['waiting'] === 1);
    expect(contentOf(set.id)).toEqual(
      [3, 0, 1].map((value, index) => ({
        ...{ index, value, waiting: index === 1 ? 1 : 0, waitingForZero: 0 },
        lastPid: expect.any(Number) as number,
      })),
    );
    expect(expectText('show', 'sysv-semaphore', String(set.id), '--most', '1')).toContain(
      '  2 more\n',
    );
    set.removeSync();
    await waiting;
  });

  function contentOf(id: number): Record<string, unknown>[] {
    const { content } = expectJson('show', 'sysv-semaphores', String(id));
    return content as Record<string, unknown>[];
  }

  test('a segment: who has it attached, and that it was removed', () => {
    const segment = temporarySegment({ size: 5000 });
    adoptAttached(segment.attachSync());
    segment.removeSync();
    expect(expectJson('show', 'sysv-memory', String(segment.id))).toMatchObject({
      ...{ id: segment.id, size: 5000, attachments: 1, removed: true, locked: false },
      creatorPid: process.pid,
      users: [{ ...me, mappings: 1, descriptors: [] }],
    });
    expect(rowWith(String(segment.id), expectText('sysv-memory'))?.at(-1)).toBe('removed');
  });
});

describe('POSIX', () => {
  test('a queue: what is in it, and who has it open', () => {
    const queue = temporaryPosixQueue({ maxMessages: 3, messageSize: 50 });
    queue.sendSync('abcde');
    expect(expectJson('show', 'posix-queue', queue.name.slice(1))).toMatchObject({
      ...{ name: queue.name, mode: '0600', messages: 1, maxMessages: 3, messageSize: 50 },
      ...{ bytes: 5, notifyPid: 0 },
      users: [{ ...me, mappings: 0, descriptors: [queue.fd] }],
    });
    expect(queue.attributes.messages).toBe(1);
  });

  testIf(mayUnshare, 'needs namespaces')(
    'all queues, where their names are to be seen',
    async () => {
      const { posixQueues } = JSON.parse(await startWithQueueNames('list-queues').success()) as {
        posixQueues: unknown;
      };
      expect(posixQueues).toEqual([
        expect.objectContaining({ name: '/apart', messages: 1, bytes: 3, maxMessages: 4 }),
      ]);
    },
  );

  test('a semaphore: its value, and how many wait', async () => {
    const semaphore = temporarySemaphore(2);
    const { name } = semaphore;
    expect(rowWith(name, expectText('posix-semaphore'))?.slice(-2)).toEqual(['2', '0']);
    semaphore.acquireSync();
    semaphore.acquireSync();
    const waiting = semaphore.acquire().catch(() => undefined);
    await waitUntil('it waits', () => expectJson('show', 'posix-semaphore', name)['waiting'] === 1);
    const shown = expectJson('show', 'posix-semaphore', name);
    expect(shown).toMatchObject({ name, value: 0, waiting: 1, users: [{ ...me, mappings: 1 }] });
    semaphore.close();
    await waiting;
  });

  testIf(mayUnshare && !isSanitized, 'needs namespaces, or a sanitizer needs /proc')(
    'where there is no /proc nobody is said to use it, and why',
    async () => {
      const { name } = temporarySemaphore(3);
      const shown = await startWithoutProc('../../../dist/cli', [
        ...['show', 'posix-semaphore', name],
      ]).success();
      expect(shown).toMatch(/^value +3$/m);
      expect(shown).toContain(
        'Used by\n  not to be seen: there is no /proc of this PID namespace\n',
      );
      const limits = await startWithoutProc('../../../dist/cli', ['limits']).success();
      expect(limits).toContain('kernel.msgmax');
    },
  );

  test('what is no object is none: a FIFO, a link, a file of another length', () => {
    const name = `posix-ipc-test-${String(randomKey())}`;
    const file = `/dev/shm/sem.${name}`;
    const failure = { status: 1, stdout: '' };
    try {
      execFileSync('mkfifo', [file]);
      expect(run('show', 'posix-semaphore', name)).toMatchObject(failure);
      expect(run('show', 'posix-memory', `sem.${name}`)).toMatchObject(failure);
      expect(expectText('semaphore', 'memory')).not.toContain(name);
      rmSync(file);
      symlinkSync('/dev/zero', file);
      expect(run('show', 'posix-semaphore', name)).toMatchObject(failure);
      rmSync(file);
      writeFileSync(file, Buffer.alloc(33));
      expect(run('show', 'posix-semaphore', name)).toMatchObject(failure);
      expect(expectText('posix-semaphore')).not.toContain(name);
      expect(rowWith(`/sem.${name}`, expectText('posix-memory'))).toContain('33');
    } finally {
      rmSync(file, { force: true });
    }
  });

  test('names that are no text are counted', () => {
    const name = Buffer.from(`/dev/shm/posix-ipc-test-\xff${String(randomKey())}`, 'latin1');
    writeFileSync(name, '');
    try {
      expect(expectText('posix-memory')).toMatch(/names in \/dev\/shm that are no UTF-8: [1-9]/);
    } finally {
      rmSync(name);
    }
  });

  test('a name does nothing to a terminal', () => {
    const name = `/posix-ipc-test-\x1b[2J${String(randomKey())}`;
    const file = `/dev/shm${name}`;
    writeFileSync(file, 'PICH');
    try {
      const text = expectText('memory');
      expect(text).toContain(name.replace('\x1b', '\\x1b'));
      expect(text).not.toContain('\x1b');
      const shown = expectText('show', 'posix-memory', name);
      expect(shown).toContain('cannot be looked at: ');
      expect(shown).not.toContain('\x1b');
      expect(expectJson('show', 'posix-memory', name)).toMatchObject({ name, content: null });
      expect(run('show', 'posix-memory', `${name}x`).stderr).not.toContain('\x1b');
    } finally {
      rmSync(file);
    }
  });
});

describe('all of it', () => {
  test('lists every kind, or those that are named', () => {
    const properties = ['sysvQueues', 'sysvSemaphores', 'sysvMemory'];
    properties.push('posixQueues', 'posixSemaphores', 'posixMemory');
    properties.push('notes');
    const all = expectJson();
    expect(Object.keys(all)).toEqual(properties);
    const { posixQueues } = all['notes'] as Record<string, string[]>;
    expect(posixQueues?.length === 0).toBe(all['posixQueues'] !== null);
    expect(Object.keys(expectJson('list', 'queues', 'posix-memory'))).toEqual([
      'sysvQueues',
      'posixQueues',
      'posixMemory',
      'notes',
    ]);
    const titles = expectText()
      .split('\n')
      .filter((line) => /^\S/.test(line));
    expect(titles).toHaveLength(properties.length - 1);
  });

  test('tells limits, and what is used of them', () => {
    const queue = temporaryQueue();
    queue.sendSync('x');
    const limits = JSON.parse(expectText('limits', '--json')) as {
      name: string;
      value: string;
      used: number | null;
    }[];
    const find = (name: string): unknown => limits.find((one) => one.name === name);
    const setting = (name: string): string => readFileSync(`/proc/sys/${name}`, 'utf8').trim();
    expect(find('kernel.msgmax')).toMatchObject({ value: setting('kernel/msgmax'), used: null });
    expect(find('fs.mqueue.msg_max')).toMatchObject({ value: setting('fs/mqueue/msg_max') });
    const [, semmns = ''] = setting('kernel/sem').split(/\s+/);
    expect(find('kernel.sem (2nd)')).toMatchObject({ value: semmns });
    expect(find('kernel.msgmni')).toMatchObject({ used: expect.any(Number) as number });
    expect(rowWith('kernel.shmmax', expectText('limits'))?.[1]).toBe(setting('kernel/shmmax'));
  });

  testIf(mayBeNobody, 'needs root, and files that others may read')(
    'shows another user what he may see',
    () => {
      const queue = temporaryQueue();
      queue.sendSync('secret');
      const shm = posix.SharedMemory.createSync(undefined, { size: 10 });
      try {
        const as = (...args: string[]): Answer =>
          spawnSync(process.execPath, [program, ...args], asNobody);
        const shown = as('show', 'sysv-queue', String(queue.id));
        expect(shown).toMatchObject({ status: 0, stderr: '' });
        expect(shown.stdout).toMatch(/messages +1\n/);
        expect(shown.stdout).toContain('cannot be looked at: EACCES');
        expect(shown.stdout).not.toContain('secret');
        const json = as('show', 'sysv-queue', String(queue.id), '--json').stdout;
        expect(JSON.parse(json)).toMatchObject({
          messages: 1,
          content: null,
          notes: [expect.stringContaining('EACCES')],
        });
        const { stdout } = as('show', 'posix-memory', shm.name);
        expect(stdout).toMatch(/processes that this user may not look into: \d+/);
        expect(as()).toMatchObject({ status: 0, stderr: '' });
      } finally {
        shm.unlinkSync();
        shm.close();
      }
    },
  );

  test.each(['limits', 'nonsense'])('ends quietly where the reader of %s has ended', (word) => {
    const command = `{ sleep 0.3; "$0" "$1" "$2" 2>&1; echo "$?" >&3; } 3>&2 | :`;
    const args = ['-c', command, process.execPath, program, word];
    const { stderr } = spawnSync('bash', args, { encoding: 'utf8' });
    expect(stderr).toBe(word === 'limits' ? '0\n' : '2\n');
  });

  test('help, and the version of the package', () => {
    expect(expectText('--help')).toMatch(/^posix-ipc \[list\]/);
    expect(expectText('help')).toBe(expectText('-h'));
    const file = path.resolve(__dirname, '../../package.json');
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    expect(expectText('--version')).toBe(`${version}\n`);
  });
});

test.each([
  [['nonsense'], "'nonsense' is no command"],
  [['list', 'nonsense'], "'nonsense' is no command"],
  [['show'], 'show takes a kind and a name'],
  [['show', 'sysv-queue'], 'show takes a kind and a name'],
  [['show', 'sysv-queue', '1', '2'], 'show takes a kind and a name'],
  [['show', 'queue', '1'], "'queue' is no command"],
  [['show', 'sysv-queue', 'x'], "'x' is no identifier"],
  [['show', 'sysv-queue', '0x123456789'], "'0x123456789' is no identifier"],
  [['show', 'posix-semaphore', 'a/b'], 'The value of "name" is out of range'],
  [['show', 'posix-memory', ''], 'The value of "name" is out of range'],
  [['show', 'sysv-queue', '1', '--most', 'x'], '--most takes a number'],
  [['--most', '3'], '--most is for show alone'],
  [['limits', 'x'], 'limits takes nothing more'],
  [['--nonsense'], "Unknown option '--nonsense'"],
])('%j is told, with the way to the help', (args, message) => {
  const { status, stdout, stderr } = run(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(`posix-ipc: ${message}`);
  expect(stderr.split('\n').slice(1)).toEqual(['posix-ipc --help says how', '']);
});

test.each([
  [['sysv-queue', '2147483647'], 'there is none of the identifier 2147483647'],
  [
    ['posix-queue', '/posix-ipc-none'],
    "ENOENT: no such file or directory, mq_open '/posix-ipc-none'",
  ],
  [
    ['posix-memory', 'posix-ipc-none'],
    "ENOENT: no such file or directory, lstat '/dev/shm/posix-ipc-none'",
  ],
])('show %j fails', (args, message) => {
  const { status, stdout, stderr } = run('show', ...args);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(`posix-ipc: ${message}`);
});
