import { randomBytes } from 'node:crypto';
import path from 'node:path';

import type { Peer } from '../support/processes';
import { waitUntil } from '../support/wait-until';
import { expectNothingLeft, expectNothingOf } from './transfer-left-overs';
import {
  digestsOf,
  emptyFolder,
  end,
  IDS,
  MAIN,
  makeFile,
  makeLargeFile,
  NAMES,
  PEERS,
  ROWS,
  rowsOf,
  run,
  start,
} from './transfers';
import { childrenOf, untilUnderWay } from './under-way';

describe('a transfer', () => {
  test('shows a row for each transport and receiver, and leaves nothing', async () => {
    const file = makeFile(randomBytes(1_000_000));
    const program = start([file]);
    const { code, stdout, stderr } = await end(program);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain(`Sending ${file}, 1,000,000 bytes`);
    expect(stdout).toContain('System V queue -> Node process: 50 %');
    expect(stdout).toContain('Mapped file -> C program: 100 %');
    expect(stdout).not.toContain('\u001b');
    const rows = rowsOf(stdout);
    expect(rows).toEqual(
      ROWS.map(([id, receiver]): unknown[] => [
        NAMES[id],
        PEERS[receiver],
        '1,000,000',
        expect.any(String),
        expect.any(String),
        'equal',
      ]),
    );
    for (const [, , , messages, rate] of rows) {
      expect(Number(messages)).toBeGreaterThan(2);
      expect(Number(rate)).toBeGreaterThan(0);
    }
    await expectNothingOf(program.pid);
  });

  test('of nothing arrives', async () => {
    const { code, stdout } = await end(start([makeFile(Buffer.alloc(0))]));
    expect(code).toBe(0);
    expect(rowsOf(stdout).map((row) => row[2])).toEqual(ROWS.map(() => '0'));
    expect(digestsOf(stdout)).toEqual(ROWS.map(() => 'equal'));
  });

  // Around the borders of SHA-256's padding, and of blocks and messages.
  test.each([1, 55, 56, 64, 65_536, 262_144])('of %d bytes has its SHA-256', async (size) => {
    const { code, stdout } = await end(start([makeFile(randomBytes(size)), '-t', 'pipe']));
    expect(code).toBe(0);
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
    const { stdout } = await end(start([path.basename(file), '-t', 'posix-shm']));
    expect(stdout).toContain(`Sending ${file}, 10 bytes`);
  });

  test('goes through the transports that are named', async () => {
    const file = makeFile(randomBytes(10));
    const { stdout } = await end(start([file, '--transport', 'sysv-shm', '-t', 'posix-shm']));
    const shown = new Set(rowsOf(stdout).map((row) => row[0]));
    expect([...shown]).toEqual(['POSIX shared memory', 'System V shared memory']);
  });

  test('leaves out the C program where there is no compiler', async () => {
    const program = start([makeFile(randomBytes(10))], { env: { PATH: emptyFolder() } });
    const { code, stdout, stderr } = await end(program);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const id of IDS)
      expect(stdout).toContain(
        `${NAMES[id]} -> C program: skipped, there is no C compiler (cc or gcc)\n`,
      );
    expect(rowsOf(stdout).map((row) => row[1])).toEqual(IDS.map(() => 'Node process'));
    await expectNothingOf(program.pid);
  });
});

describe('on a terminal', () => {
  /** script(1) gives the program a terminal, and types on it what it is told. */
  function startOnTerminal(file: string): Peer {
    const command = `exec '${process.execPath}' '${MAIN}' '${file}' -t sysv-queue`;
    const args = ['--quiet', '--return', '--command', command, '/dev/null'];
    return run('script', args, { env: { TERM: 'xterm', SHELL: '/bin/sh' } });
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
    const underWay = await untilUnderWay(childrenOf(terminal.pid)[0] ?? 0, 'sysv-queue', 'node');
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
    [
      'an unknown transport',
      ['-t', 'x'],
      /^file-transfer: there is no transport x, but sysv-queue,/,
    ],
  ])('%s: one line and exit code 2', async (_what, args, expected) => {
    const { code, stdout, stderr } = await end(start(args));
    expect(stderr.trimEnd()).toMatch(expected);
    expect(stderr.split('\n')).toHaveLength(2);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test.each(['--help', '-h'])('%s explains it', async (option) => {
    const { code, stdout } = await end(start([option]));
    expect(stdout).toMatch(/^Usage: npm start -- \[FILE\]/);
    for (const id of IDS) expect(stdout).toContain(id);
    expect(code).toBe(0);
  });
});
