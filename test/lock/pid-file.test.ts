/** One instance runs: alone in a process, and between processes that end in every way. */

import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { lock, stream } from 'posix-ipc';
import { mkfifo } from 'posix-ipc/syscalls';

import { untilBlockedIn } from '../support/blocked';
import { adopt, fileLock, Outsider } from '../support/file-locks';
import { temporaryFile } from '../support/files';
import { mayUnshare, startAlone, startWithoutProc } from '../support/own-namespace';
import { type Peer, startNode } from '../support/processes';
import { isSanitized, testIf } from '../support/machine';
import { codeOfRejection } from '../support/outcome';
import { soon, waitUntil } from '../support/wait-until';

const { AlreadyRunningError, PidFile } = lock;

/** Above the highest pid that there can be: /proc/sys/kernel/pid_max is at most 2^22. */
const nobody = 2 ** 22 + 1;

/** The name of a file that is not there; removed after the test if it is then. */
function freePath(): string {
  const file = temporaryFile('');
  unlinkSync(file);
  return file;
}

function codeOf(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

test('it is made with the pid and its mode, and removed by close', async () => {
  const place = freePath();
  const before = process.umask(0o077);
  const file = adopt(await PidFile.create(place));
  process.umask(before);
  expect(file).toMatchObject({ path: place, pid: process.pid, stalePid: undefined, closed: false });
  expect(readFileSync(place, 'latin1')).toBe(`${String(process.pid)}\n`);
  expect(statSync(place).mode & 0o777).toBe(0o644);
  expect(await PidFile.holder(place)).toBe(process.pid);
  file.close();
  file.close();
  expect(file.closed).toBe(true);
  expect(existsSync(place)).toBe(false);
  expect(await PidFile.holder(place)).toBeUndefined();
});

test('using closes it; the mode can be chosen', async () => {
  const place = freePath();
  {
    using file = PidFile.createSync(place, { mode: 0o600 });
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
  }
  {
    await using file = PidFile.createSync(place);
    expect(existsSync(file.path)).toBe(true);
  }
  expect(existsSync(place)).toBe(false);
  expect(() => PidFile.createSync(place, { mode: -1 })).toThrow(codeOf('ERR_OUT_OF_RANGE'));
  await expect(PidFile.create(7 as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
});

test('a second one is refused with the pid, also in the same process', async () => {
  const place = freePath();
  const first = adopt(PidFile.createSync(place));
  const refused = expect.objectContaining({
    name: 'AlreadyRunningError',
    code: 'ERR_ALREADY_RUNNING',
    pid: process.pid,
    path: place,
    message: `Process ${String(process.pid)} is running already: it holds '${place}'`,
  }) as Error;
  expect(() => PidFile.createSync(place)).toThrow(refused);
  await expect(PidFile.create(place)).rejects.toBeInstanceOf(AlreadyRunningError);
  expect(readFileSync(place, 'latin1')).toBe(`${String(process.pid)}\n`);
  first.close();
  adopt(PidFile.createSync(place)).close();
});

test('who holds it and has written nothing is found in /proc', async () => {
  const place = temporaryFile('');
  const file = fileLock('ofd', place);
  const outsider = await Outsider.of(file);
  await outsider.hold();
  expect(() => PidFile.createSync(place)).toThrow(
    expect.objectContaining({ code: 'ERR_ALREADY_RUNNING', pid: outsider.pid }) as Error,
  );
  expect(PidFile.holderSync(place)).toBe(outsider.pid);
  expect(new AlreadyRunningError('/x', undefined).message).toBe(
    "Another process is running already: it holds '/x'",
  );
});

test('a daemon in C that has a POSIX lock of it is respected', async () => {
  const place = temporaryFile('');
  const outsider = await Outsider.of(fileLock('posix', place));
  await outsider.hold();
  writeFileSync(place, `${String(outsider.pid)}\n`);
  expect(() => PidFile.createSync(place)).toThrow(
    expect.objectContaining({ code: 'ERR_ALREADY_RUNNING', pid: outsider.pid }) as Error,
  );
});

test.each([
  ['somebody who is gone', nobody],
  ['somebody else', process.pid],
])('until the holder has written, the file names %s: not the holder', async (_who, pid) => {
  const place = temporaryFile(`${String(pid)}\n`);
  const outsider = await Outsider.of(fileLock('ofd', place));
  await outsider.hold();
  expect(PidFile.holderSync(place)).toBe(outsider.pid);
  expect(() => PidFile.createSync(place)).toThrow(
    expect.objectContaining({ code: 'ERR_ALREADY_RUNNING', pid: outsider.pid }) as Error,
  );
});

testIf(mayUnshare, 'unshare is not allowed')(
  'a holder in another PID namespace has no number here',
  async () => {
    const place = temporaryFile('');
    const outsider = await Outsider.of(fileLock('posix', place));
    await outsider.hold();
    expect(await startAlone('pid-file', [place, 'ask']).line()).toBe('ESRCH 0 0');
    expect(await startAlone('pid-file', [place]).line()).toBe('ERR_ALREADY_RUNNING undefined');
  },
);

// A sanitizer reads /proc/self/maps.
testIf(mayUnshare && !isSanitized, 'unshare is not allowed, or /proc is needed')(
  'without /proc the file names the holder',
  async () => {
    const place = freePath();
    const file = adopt(PidFile.createSync(place));
    const own = String(process.pid);
    expect(await startWithoutProc('pid-file', [place]).line()).toBe(`ERR_ALREADY_RUNNING ${own}`);
    expect(await startWithoutProc('pid-file', [place, 'ask']).line()).toBe(`${own} -1 0`);
    file.close();
    const peer = startWithoutProc('pid-file', [place]);
    expect(await peer.line()).toBe('running');
    peer.tell('end');
    await peer.success();
  },
);

test.each([
  [`${String(nobody)}\n`, nobody],
  [`  ${String(process.pid)} \n`, process.pid],
  [`${String(nobody)}\nmore of it`, nobody],
  ['', undefined],
])('a stale one, %j, is taken over', (content, stalePid) => {
  const place = temporaryFile(content);
  const file = adopt(PidFile.createSync(place));
  expect(file.stalePid).toBe(stalePid);
  expect(readFileSync(place, 'latin1')).toBe(`${String(process.pid)}\n`);
});

test.each(['root:x:0:0:', '0\n', '-1\n', '12a', '99999999999\n', '\n'])(
  'a file that holds something else, %j, is left alone',
  (content) => {
    const place = temporaryFile(content);
    expect(() => PidFile.createSync(place)).toThrow(codeOf('EEXIST'));
    expect(readFileSync(place, 'latin1')).toBe(content);
    expect(PidFile.holderSync(place)).toBeUndefined(); // and nothing holds it
  },
);

test('a device and a FIFO are left alone: what is written into a disk is gone', () => {
  const place = freePath();
  mkfifo(place, 0o600);
  for (const one of [place, '/dev/null']) {
    expect(() => PidFile.createSync(one)).toThrow(/^EEXIST: .*no regular file/);
    expect(PidFile.holderSync(one)).toBeUndefined();
  }
  unlinkSync(place);
});

test.each(['openReader', 'openWriter'] as const)(
  'a FIFO is not opened: who waits there in %s waits on',
  async (opening) => {
    const fifo = adopt(stream.Fifo.createSync(freePath()));
    const leaving = new AbortController();
    const outcome = codeOfRejection(fifo[opening]({ signal: leaving.signal }));
    await untilBlockedIn('openat', process.pid);
    expect(() => PidFile.createSync(fifo.path)).toThrow(codeOf('EEXIST'));
    expect(PidFile.holderSync(fifo.path)).toBeUndefined();
    leaving.abort(Object.assign(new Error('enough'), { code: 'ENOUGH' }));
    expect(await outcome).toBe('ENOUGH'); // not that it was opened
    fifo.unlinkSync();
  },
);

test('a link is not followed, and a folder is none', () => {
  const place = freePath();
  const target = temporaryFile('1\n');
  symlinkSync(target, place);
  expect(() => PidFile.createSync(place)).toThrow(codeOf('ELOOP'));
  expect(readFileSync(target, 'latin1')).toBe('1\n');
  unlinkSync(place);
  mkdirSync(place);
  expect(() => PidFile.createSync(place)).toThrow(codeOf('EISDIR'));
  rmdirSync(place);
  expect(() => PidFile.createSync(path.join(place, 'x'))).toThrow(codeOf('ENOENT'));
});

test('close removes its own file only', () => {
  const place = freePath();
  const file = adopt(PidFile.createSync(place));
  renameSync(place, `${place}.moved`);
  writeFileSync(place, 'somebody else’s');
  file.close();
  expect(readFileSync(place, 'utf8')).toBe('somebody else’s');
  expect(PidFile.holderSync(`${place}.moved`)).toBeUndefined();
  unlinkSync(`${place}.moved`);
});

test('a holder that names nobody is an error', async () => {
  const place = temporaryFile('');
  const outsider = await Outsider.of(fileLock('ofd', place));
  await outsider.hold();
  writeFileSync(place, 'nobody\n');
  expect(PidFile.holderSync(place)).toBe(outsider.pid); // /proc knows
});

describe('between processes', () => {
  async function running(place: string, scene: string): Promise<Peer> {
    const peer = startNode('pid-file', [place, scene]);
    expect(await peer.line()).toBe('running');
    return peer;
  }

  test('a live one refuses others with its pid', async () => {
    const place = freePath();
    const peer = await running(place, 'close');
    expect(readFileSync(place, 'latin1')).toBe(`${String(peer.pid)}\n`);
    expect(await startNode('pid-file', [place]).line()).toBe(
      `ERR_ALREADY_RUNNING ${String(peer.pid)}`,
    );
    expect(PidFile.holderSync(place)).toBe(peer.pid);
    peer.tell('end');
    await peer.success();
    expect(existsSync(place)).toBe(false);
  });

  test.each(['exit', 'nothing', 'throw', 'worker'])(
    'it is removed at the end: %s',
    async (scene) => {
      const place = freePath();
      const peer = await running(place, scene);
      expect(PidFile.holderSync(place)).toBe(peer.pid);
      peer.tell('end');
      if (scene === 'worker') expect(await peer.line()).toBe('ended');
      else await soon('its end', peer.ended);
      expect(existsSync(place)).toBe(false);
    },
  );

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    '%s leaves it stale, for the next one',
    async (signal) => {
      const place = freePath();
      const peer = await running(place, 'close');
      peer.kill(signal);
      await soon('its end', peer.ended);
      expect(readFileSync(place, 'latin1')).toBe(`${String(peer.pid)}\n`);
      expect(PidFile.holderSync(place)).toBeUndefined();
      const file = adopt(PidFile.createSync(place));
      expect(file.stalePid).toBe(peer.pid);
    },
  );

  test('of eight that start at once one runs, and the others name it', async () => {
    const place = freePath();
    const peers = Array.from({ length: 8 }, () => startNode('pid-file', [place, 'close']));
    const lines = await Promise.all(peers.map((peer) => peer.line()));
    const [winner] = peers.filter((_, i) => lines[i] === 'running');
    const refused = `ERR_ALREADY_RUNNING ${String(winner?.pid)}`;
    expect(lines.toSorted()).toEqual([...Array<string>(7).fill(refused), 'running']);
    winner?.tell('end');
    await waitUntil('it is removed', () => !existsSync(place));
  });
});

test('the constructor is for openers', () => {
  const Constructor = PidFile as unknown as new () => unknown;
  expect(() => new Constructor()).toThrow(codeOf('ERR_ILLEGAL_CONSTRUCTOR'));
});
