import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { sysv } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { type Ended, Peer } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

const MAIN = path.resolve(__dirname, '../../dist-programs/examples/file-transfer/main.js');
const RECEIVERS = ['node', 'c'] as const;
type Receiver = (typeof RECEIVERS)[number];

// Two cores, busy with other suites, carry a large file in seconds.
jest.setTimeout(60_000);

let folder: string;
let temporary: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'file-transfer-test-'));
  temporary = path.join(folder, 'tmp');
  mkdirSync(temporary);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Peer {
  // INIT_CWD is npm's, and names the folder where `npm test` was typed.
  const defaults = { TMPDIR: temporary, INIT_CWD: folder };
  return new Peer(command, args, { env: { ...process.env, ...defaults, ...env } });
}

function start(args: string[], env?: NodeJS.ProcessEnv): Peer {
  return run(process.execPath, [MAIN, ...args], env);
}

function end(program: Peer): Promise<Ended> {
  return soon('the end of the transfer', program.ended);
}

function makeFile(content: Buffer): string {
  const file = path.join(folder, 'a file');
  writeFileSync(file, content);
  return file;
}

const LARGE = 64 * 1024 * 1024;

/** A sparse file that is under way long enough to be interfered with. */
function makeLargeFile(): string {
  const file = makeFile(Buffer.alloc(0));
  truncateSync(file, LARGE);
  return file;
}

/** The table, cell by cell, without its head. */
function rowsOf(stdout: string): string[][] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('│'));
  return lines.slice(1).map((line) => {
    const cells = line.split('│').slice(1, -1);
    return cells.map((cell) => cell.trim());
  });
}

function digestsOf(stdout: string): string[] {
  return rowsOf(stdout).map((row) => row.at(-1) ?? '');
}

/** What the row of this receiver says, where the others say `equal`. */
function onlyFor(receiver: Receiver, digest: string): string[] {
  return RECEIVERS.map((other) => (other === receiver ? digest : 'equal'));
}

/** The queues that there are, and who used them last. */
function queues(): { id: number; sender: number; receiver: number }[] {
  const [, ...lines] = readFileSync('/proc/sysvipc/msg', 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [, id = 0, , , , sender = 0, receiver = 0] = line.trim().split(/\s+/).map(Number);
    return { id, sender, receiver };
  });
}

/** Empty where the process is gone. */
function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

function childrenOf(pid: number): number[] {
  return readProc(pid, `task/${String(pid)}/children`)
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

/** Also false for one that has ended and still waits to be reaped: it has no command line. */
function isRunning(pid: number): boolean {
  return readProc(pid, 'cmdline') !== '';
}

interface UnderWay {
  queue: number;
  receiver: number;
}

/** Waits until the file is on its way from this process to that receiver. */
async function untilUnderWay(sender: number, receiver: Receiver): Promise<UnderWay> {
  const program = receiver === 'c' ? /\/sysv-queue\0/ : /\/receiver\.js\0/;
  let found: UnderWay | undefined;
  await waitUntil(`a transfer to ${receiver}`, () => {
    const child = childrenOf(sender).find((pid) => program.test(readProc(pid, 'cmdline')));
    const queue = queues().find((row) => row.sender === sender);
    if (child !== undefined && queue) found = { queue: queue.id, receiver: child };
    return found !== undefined;
  });
  if (!found) throw new Error('unreachable');
  return found;
}

/** A large file that is on its way, at the moment to this receiver. */
async function startLarge(receiver: Receiver): Promise<{ program: Peer } & UnderWay> {
  const program = start([makeLargeFile()]);
  return { program, ...(await untilUnderWay(program.pid, receiver)) };
}

function expectNothingLeft({ queue, receiver }: UnderWay): void {
  expect(queues().map(({ id }) => id)).not.toContain(queue);
  expect(isRunning(receiver)).toBe(false);
  expect(readdirSync(temporary)).toEqual([]);
}

describe('a transfer', () => {
  test('shows a row for each receiver, and leaves nothing', async () => {
    const file = makeFile(randomBytes(1_000_000));
    const program = start([file]);
    const { code, stdout, stderr } = await end(program);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain(`Sending ${file}, 1,000,000 bytes`);
    expect(stdout).toContain('System V queue -> Node process: 50 %');
    expect(stdout).toContain('System V queue -> C program: 100 %');
    expect(stdout).not.toContain('\u001b');
    const rows = rowsOf(stdout);
    expect(rows).toEqual([
      [
        'System V queue',
        'Node process',
        '1,000,000',
        expect.any(String),
        expect.any(String),
        'equal',
      ],
      ['System V queue', 'C program', '1,000,000', expect.any(String), expect.any(String), 'equal'],
    ]);
    for (const [, , , messages, rate] of rows) {
      expect(Number(messages)).toBeGreaterThan(2);
      expect(Number(rate)).toBeGreaterThan(0);
    }
    const used = queues().filter((row) => [row.sender, row.receiver].includes(program.pid));
    expect(used).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  // Around the borders of SHA-256's padding and of a message.
  test.each([0, 55, 56, 64, 8193])('of %d bytes arrives', async (size) => {
    const { code, stdout } = await end(start([makeFile(randomBytes(size))]));
    expect(code).toBe(0);
    expect(rowsOf(stdout).map((row) => row[2])).toEqual(
      RECEIVERS.map(() => size.toLocaleString('en')),
    );
    expect(digestsOf(stdout)).toEqual(['equal', 'equal']);
  });

  test('is of the node binary where no file is named', async () => {
    const program = start([]);
    expect(await program.line()).toContain(`Sending ${process.execPath}, `);
    program.kill('SIGTERM');
    await end(program);
  });

  test('takes a relative name from the folder where npm was called', async () => {
    const file = makeFile(randomBytes(10));
    const { stdout } = await end(start([path.basename(file)]));
    expect(stdout).toContain(`Sending ${file}, 10 bytes`);
  });

  test('leaves out the C program where there is no compiler', async () => {
    const { code, stdout, stderr } = await end(
      start([makeFile(randomBytes(10))], { PATH: temporary }),
    );
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain(
      'System V queue -> C program: skipped, there is no C compiler (cc or gcc)\n',
    );
    expect(rowsOf(stdout).map((row) => row[1])).toEqual(['Node process']);
  });
});

describe('a transfer that goes wrong', () => {
  test.each(RECEIVERS)('a lost message is noticed (%s)', async (receiver) => {
    const { program, ...underWay } = await startLarge(receiver);
    process.kill(underWay.receiver, 'SIGSTOP');
    const thief = sysv.MessageQueue.fromIdSync(underWay.queue);
    await waitUntil('a data message', () => thief.tryReceive({ type: 2 }) !== undefined);
    thief.close();
    process.kill(underWay.receiver, 'SIGCONT');
    const { code, stdout } = await end(program);
    expect(code).toBe(1);
    expect(digestsOf(stdout)).toEqual(onlyFor(receiver, 'DIFFERENT'));
    expectNothingLeft(underWay);
  });

  test.each(RECEIVERS)('a killed receiver fails its row alone (%s)', async (receiver) => {
    const { program, ...underWay } = await startLarge(receiver);
    process.kill(underWay.receiver, 'SIGKILL');
    const { code, stdout, stderr } = await end(program);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^System V queue -> .*: the receiver was killed by SIGKILL\n$/);
    expect(digestsOf(stdout)).toEqual(onlyFor(receiver, 'failed'));
    expectNothingLeft(underWay);
  });

  test('a removed queue fails its row alone', async () => {
    const { program, ...underWay } = await startLarge('node');
    const intruder = sysv.MessageQueue.fromIdSync(underWay.queue);
    intruder.removeSync();
    intruder.close();
    const { code, stdout, stderr } = await end(program);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^System V queue -> Node process: .*\n$/);
    expect(digestsOf(stdout)).toEqual(onlyFor('node', 'failed'));
    expectNothingLeft(underWay);
  });

  test('a file that grows meanwhile is not called equal', async () => {
    const { program, ...underWay } = await startLarge('node');
    truncateSync(path.join(folder, 'a file'), LARGE + 1);
    const { code, stdout, stderr } = await end(program);
    expect(code).toBe(1);
    expect(stderr).toContain('changed while it was sent');
    expect(digestsOf(stdout)[0]).toBe('failed');
    expectNothingLeft(underWay);
  });
});

describe('an interrupted transfer', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s leaves nothing', async (signal) => {
    const { program, ...underWay } = await startLarge('node');
    process.kill(underWay.receiver, 'SIGSTOP');
    await untilBlockedIn('msgsnd', program.pid, underWay.queue);
    program.kill(signal);
    program.kill(signal); // npm can pass it on once more
    const outcome = await end(program);
    expect(outcome.stderr).toBe(`file-transfer: interrupted by ${signal}\n`);
    expect(outcome.signal).toBe(signal);
    expectNothingLeft(underWay);
  });

  test('nothing is left either where nobody reads the output any more', async () => {
    const command = '{ "$@"; echo "exit code $?" >&2; } | head -n 1';
    const shell = run('sh', ['-c', command, 'sh', process.execPath, MAIN, makeLargeFile()]);
    const { stdout, stderr } = await end(shell);
    expect(stdout).toMatch(/^Sending .*\n$/);
    expect(stderr).toBe('file-transfer: interrupted by SIGPIPE\nexit code 1\n');
    expect(readdirSync(temporary)).toEqual([]);
  });

  test.each(RECEIVERS)('a receiver cleans up after a killed sender (%s)', async (receiver) => {
    const { program, ...underWay } = await startLarge(receiver);
    program.kill('SIGKILL');
    await end(program);
    await waitUntil('the end of the receiver', () => !isRunning(underWay.receiver));
    expect(queues().map(({ id }) => id)).not.toContain(underWay.queue);
  });
});

describe('on a terminal', () => {
  /** script(1) gives the program a terminal, and types on it what it is told. */
  function startOnTerminal(file: string): Peer {
    const command = `exec '${process.execPath}' '${MAIN}' '${file}'`;
    const args = ['--quiet', '--return', '--command', command, '/dev/null'];
    return run('script', args, { TERM: 'xterm', SHELL: '/bin/sh' });
  }

  test('a bar shows the progress', async () => {
    const { code, stdout } = await end(startOnTerminal(makeFile(randomBytes(1_000_000))));
    expect(code).toBe(0);
    expect(stdout).toMatch(/System V queue -> C program █+ 100 %/);
    expect(digestsOf(stdout)).toEqual(['equal', 'equal']);
  });

  test('Ctrl-C leaves nothing', async () => {
    const terminal = startOnTerminal(makeLargeFile());
    await waitUntil('the program', () => childrenOf(terminal.pid).length > 0);
    const underWay = await untilUnderWay(childrenOf(terminal.pid)[0] ?? 0, 'node');
    terminal.tell('\u0003');
    const { code, stdout } = await end(terminal);
    expect(stdout).toContain('file-transfer: interrupted by SIGINT');
    expect(code).toBe(128 + 2);
    expectNothingLeft(underWay);
  });
});

describe('the command line', () => {
  test.each([
    ['a missing file', ['/no/such/file'], /^file-transfer: cannot read \/no\/such\/file: ENOENT/],
    ['a directory', ['/'], /^file-transfer: \/ is a directory, not a file$/],
    ['a device', ['/dev/null'], /^file-transfer: \/dev\/null is not a regular file$/],
    ['two files', ['a', 'b'], /^file-transfer: only one FILE can be sent$/],
    ['an unknown option', ['--fast'], /^file-transfer: Unknown option '--fast'/],
  ])('%s: one line and exit code 2', async (_what, args, expected) => {
    const { code, stdout, stderr } = await end(start(args));
    expect(stderr.trimEnd()).toMatch(expected);
    expect(stderr.split('\n')).toHaveLength(2);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test.each(['--help', '-h'])('%s explains it', async (option) => {
    const { code, stdout } = await end(start([option]));
    expect(stdout).toMatch(/^Usage: npm start -- \[FILE\]\n/);
    expect(code).toBe(0);
  });
});
