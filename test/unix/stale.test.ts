/** openOrCreate: what is stale is replaced, what is in use never. */

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer } from 'node:net';

import { unix } from 'posix-ipc';
import { AF_UNIX, bind, mkfifo, SOCK_STREAM, sockaddr_un, socket } from 'posix-ipc/syscalls';

import { descriptorsSince } from '../support/descriptors';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { isRoot } from '../support/machine';
import { startNode } from '../support/processes';
import { runDirectory } from '../support/run-directory';
import { abstractName, closing, closingFd, socketPath } from '../support/sockets';

type Opened = unix.Datagram | unix.SeqPacketServer | unix.StreamServer;
type Open = (address: unix.Address, options?: unix.BindOptions) => Promise<Opened>;

const classes = [
  ['Datagram', unix.Datagram],
  ['SeqPacketServer', unix.SeqPacketServer],
  ['StreamServer', unix.StreamServer],
] as const;

const forms = classes.flatMap(([name, one]): [string, Open][] => [
  [`${name}.openOrCreate`, (address, options) => one.openOrCreate(address, options)],
  [
    `${name}.openOrCreateSync`,
    (address, options) => Promise.resolve().then(() => one.openOrCreateSync(address, options)),
  ],
]);

function lockFiles(file: string): string[] {
  return readdirSync(path.dirname(file)).filter((name) => name.endsWith('.lock'));
}

describe.each(forms)('%s', (_name, open) => {
  test.each(classes)(
    'what a %s has left is replaced, with the mode exactly',
    async (_other, one) => {
      const file = socketPath();
      one.createSync(file).close();
      const opened = closing(await open(file, { mode: 0o640 }));
      expect(lstatSync(file).mode & 0o7777).toBe(0o640);
      expect(opened.address).toBe(file);
      expect(lockFiles(file)).toEqual([]);
    },
  );

  test.each(classes)('a %s that is in use is not', async (_other, one) => {
    const file = socketPath();
    const live = closing(one.createSync(file));
    const { ino } = lstatSync(file);
    const opened = descriptorsSince();
    const error = await rejectionOf(open(file));
    expect(error).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind', path: file });
    expect(lstatSync(file).ino).toBe(ino);
    expect(lockFiles(file)).toEqual([]);
    expect(opened()).toEqual([]);
    if ('tryAccept' in live)
      expect(live.tryAccept()).toBeUndefined(); // it was not even knocked at
    else expect(live.tryReceive()).toBeUndefined();
  });

  test('one that is bound and does not listen yet is in use', async () => {
    const file = socketPath();
    bind(closingFd(socket(AF_UNIX, SOCK_STREAM)), sockaddr_un(file));
    expect(await codeOfRejection(open(file))).toBe('EADDRINUSE');
  });

  test('what is no socket stays', async () => {
    const [file, folder, link] = [socketPath(), socketPath(), socketPath()];
    writeFileSync(file, 'precious');
    symlinkSync(file, link);
    expect((await rejectionOf(open(file))).message).toContain('no socket');
    expect(await codeOfRejection(open(link))).toBe('EADDRINUSE');
    expect(readFileSync(file, 'utf8')).toBe('precious');
    mkdirSync(path.join(folder, 'd'), { recursive: true });
    expect(await codeOfRejection(open(path.join(folder, 'd')))).toBe('EADDRINUSE');
    rmSync(folder, { recursive: true });
  });

  test('a new one', async () => {
    const [file, name] = [socketPath(), abstractName()];
    closing(await open(file));
    closing(await open(name));
    expect(await codeOfRejection(open(name))).toBe('EADDRINUSE');
    expect(await codeOfRejection(open('/nowhere/at/all'))).toBe('ENOENT');
    expect(await codeOfRejection(open('x'.repeat(109)))).toBe('ERR_OUT_OF_RANGE');
  });
});

test("a server of Node's own is in use, and stale when it was killed", async () => {
  const file = socketPath();
  const server = createServer().listen(file);
  await new Promise((resolve) => server.once('listening', resolve));
  expect(codeThrownBy(() => unix.StreamServer.openOrCreateSync(file))).toBe('EADDRINUSE');
  server.close();
  const killed = startNode('hold-socket', [file]);
  expect(await killed.line()).toBe('open');
  expect(codeThrownBy(() => unix.StreamServer.openOrCreateSync(file))).toBe('EADDRINUSE');
  killed.kill('SIGKILL');
  await killed.ended;
  closing(unix.StreamServer.openOrCreateSync(file));
});

test('many processes find the same stale file: exactly one of them has the address', async () => {
  for (let round = 0; round < 3; round++) {
    const file = socketPath();
    unix.SeqPacketServer.createSync(file).close();
    const peers = Array.from({ length: 4 }, () => startNode('hold-socket', [file, 'race']));
    for (const peer of peers) expect(await peer.line()).toBe('ready');
    for (const peer of peers) peer.tell('go');
    const answers = await Promise.all(peers.map((peer) => peer.line()));
    expect(answers.sort()).toEqual(['EADDRINUSE', 'EADDRINUSE', 'EADDRINUSE', 'open']);
    const client = closing(unix.SeqPacket.connectSync(file));
    expect(peers.map(({ pid }) => pid)).toContain(client.peerCredentials.pid);
    expect(lockFiles(file)).toEqual([]);
    for (const peer of peers) peer.kill('SIGKILL');
  }
});

test('a lock file that a killed process has left does not matter', () => {
  const file = socketPath();
  unix.SeqPacketServer.createSync(file).close();
  writeFileSync(`${file}.lock`, 'posix-ipc\n');
  closing(unix.SeqPacketServer.openOrCreateSync(file));
  expect(lockFiles(path.join(runDirectory(), 'x'))).toEqual([]);
});

test.each(['', 'a pid', 'ten bytes\n'])(
  "a lock file that holds %j is somebody else's, and stays",
  async (content) => {
    const file = socketPath();
    unix.Datagram.createSync(file).close();
    writeFileSync(`${file}.lock`, content);
    const opened = descriptorsSince();
    const socket = closing(await unix.Datagram.openOrCreate(file));
    expect(opened()).toHaveLength(1);
    expect(readFileSync(`${file}.lock`, 'utf8')).toBe(content);
    rmSync(`${file}.lock`);
    socket.unlinkSync();
  },
);

test("a FIFO in the lock file's place stays, and holds up nobody", () => {
  const file = socketPath();
  unix.Datagram.createSync(file).close();
  mkfifo(`${file}.lock`, 0o600);
  closing(unix.Datagram.openOrCreateSync(file));
  expect(lstatSync(`${file}.lock`).isFIFO()).toBe(true);
  rmSync(`${file}.lock`);
});

test.each(classes)('a %s unlinks its file after chdir too', (_name, one) => {
  const file = socketPath();
  const before = process.cwd();
  try {
    process.chdir(path.dirname(file));
    const socket = closing(one.createSync(path.basename(file)));
    process.chdir('/');
    socket.unlinkSync();
    expect(existsSync(file)).toBe(false);
  } finally {
    process.chdir(before);
  }
});

(isRoot ? describe : describe.skip)('somebody else (needs root)', () => {
  let folder = '';

  // Not in the run's directory, which is closed to others.
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-others-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('may not replace what lies in a folder that is not theirs', async () => {
    const file = path.join(folder, 'stale');
    chmodSync(folder, 0o755);
    unix.Datagram.createSync(file, { mode: 0o666 }).close();
    const answers = await startNode('as-nobody', ['replace-sockets', file]).json();
    const refused = { code: 'EACCES', syscall: 'open', path: `${file}.lock` };
    expect(answers).toMatchObject([refused, refused, refused]);
    expect(readdirSync(folder)).toEqual(['stale']);
  });

  test('does not replace what they may not ask whether it is alive', async () => {
    const file = path.join(folder, 'stale');
    chmodSync(folder, 0o777);
    unix.Datagram.createSync(file, { mode: 0 }).close();
    const answers = await startNode('as-nobody', ['replace-sockets', file]).json();
    const refused = { code: 'EACCES', syscall: 'connect', path: file };
    expect(answers).toMatchObject([refused, refused, refused]);
    expect(readdirSync(folder)).toEqual(['stale']);
  });
});
