/** bench/start.mjs, with made-up tools around it: what it does before the benchmark begins. */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

let folder = '';

function write(name: string, text: string): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o755 });
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-start-'));
  for (const name of ['bench/start.mjs', 'scripts/support/run.mjs'])
    cpSync(path.join(root, name), path.join(folder, name));
  write('dist/index.js', '');
  write('node_modules/.bin/tsc', '');
  write('dist-programs/bench/main.js', `console.log(process.argv.slice(2).join(' '));`);
  mkdirSync(path.join(folder, 'path'));
  symlinkSync('/bin/sh', path.join(folder, 'path/sh'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** npm, which writes down that it was called. */
function npm(then: string): void {
  write('path/npm', `#!/bin/sh\necho npm >> ${folder}/called\n${then}\n`);
}

function compiler(): void {
  write('path/cc', '#!/bin/sh\n');
}

function start(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [path.join(folder, 'bench/start.mjs'), ...args], {
    encoding: 'utf8',
    env: { PATH: path.join(folder, 'path'), INIT_CWD: folder },
  });
}

function installs(): number {
  const file = path.join(folder, 'called');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
}

const installed = (): string => `: > ${path.join(folder, 'bench/node_modules/.package-lock.json')}`;

test.each(['-h', '--help'])('%s needs no compiler, and installs nothing', (option) => {
  npm('exit 1');
  expect(start('sysv', option)).toMatchObject({ status: 0, stdout: `sysv ${option}\n` });
  expect(installs()).toBe(0);
});

test('without a compiler it says so', () => {
  npm('exit 0');
  expect(start('--no-install')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('C compiler named cc') as string,
  });
  expect(installs()).toBe(0);
});

test('rivals are installed once', () => {
  mkdirSync(path.join(folder, 'bench/node_modules'));
  npm(installed());
  compiler();
  expect(start('sysv').stdout).toBe('sysv\n');
  expect(start('sysv').stdout).toBe('sysv\n');
  expect(installs()).toBe(1);
});

test('where they cannot be installed the benchmark runs without them, and tries again the next time', () => {
  // Stopped in the midst of it.
  mkdirSync(path.join(folder, 'bench/node_modules/half'), { recursive: true });
  npm('exit 3');
  compiler();
  for (const time of [1, 2]) {
    expect(start('sysv')).toMatchObject({
      status: 0,
      stdout: 'sysv\n',
      stderr: expect.stringMatching(
        /^posix-ipc: rivals are not installed: npm ci .*\b3\n$/,
      ) as string,
    });
    expect(installs()).toBe(time);
  }
});

test('nor where there is no npm', () => {
  compiler();
  expect(start('sysv')).toMatchObject({
    status: 0,
    stdout: 'sysv\n',
    stderr: expect.stringContaining('npm could not be started') as string,
  });
});
