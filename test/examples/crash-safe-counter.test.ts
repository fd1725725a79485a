/** examples/crash-safe-counter, and that `npm start` shows it. */

import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { SpawnOptions } from 'node:child_process';

import { lock, memory } from 'posix-ipc';

import type { Peer } from '../support/processes';
import { waitUntil } from '../support/wait-until';
import { expectNothingOf } from './transfer-left-overs';
import { emptyFolder, end, makeFile, rowsOf, run } from './transfers';
import { childrenOf, isRunning } from './under-way';

const examples = path.resolve(__dirname, '../../dist-programs/examples');
/** Words of the ledger. */
const [COUNTER, WHO] = [16, 18];

const NAMES = ['Node process, lockSync()', 'Node process, lock()', 'C program'];

function start(seconds: string, options: SpawnOptions = {}): Peer {
  const program = path.join(examples, 'crash-safe-counter/main.js');
  return run(process.execPath, [program, seconds], options);
}

function fdOf(pid: number): string | undefined {
  const folder = `/proc/${String(pid)}/fd`;
  const names = readdirSync(folder).map((name) => `${folder}/${name}`);
  return names.find((name) => readlinkSync(name).includes('memfd:crash-safe-counter'));
}

/** The processes that count, when all of them do. */
async function atWork(program: Peer, processes = 3): Promise<number[]> {
  await waitUntil('the processes', () => childrenOf(program.pid).length >= processes);
  const file = fdOf(program.pid) ?? '';
  const mapping = memory.mapSync(file, { access: 'write' });
  const words = mapping.view(Uint32Array);
  const numbers = Array.from({ length: processes }, (_, i) => 32 + 16 * i);
  await waitUntil('their work', () => numbers.every((word) => Atomics.load(words, word) > 0));
  mapping.close();
  return childrenOf(program.pid);
}

async function untilAllEnded(pids: number[]): Promise<void> {
  await waitUntil('the end of all processes', () => !pids.some((pid) => isRunning(pid)));
}

/** If it is still there. */
function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    expect(error).toMatchObject({ code: 'ESRCH' });
  }
}

/** The rows of the table: kills, deaths told, increments taken back, increments. */
function numbersOf(rows: string[][]): number[][] {
  return rows.map((row) => row.slice(1).map((cell) => Number(cell.replaceAll(',', ''))));
}

/** One row for each process, their sum, and the counter that is equal to it. */
function expectRight(rows: string[][], names: readonly string[]): void {
  expect(rows.map(([name]) => name)).toEqual([...names, 'Sum', 'Counter']);
  const numbers = numbersOf(rows);
  const processes = numbers.slice(0, -2);
  const sums = [0, 1, 2, 3].map((i) => processes.reduce((sum, row) => sum + (row[i] ?? 0), 0));
  expect(numbers.at(-2)).toEqual(sums);
  expect(rows.at(-1)?.slice(3)).toEqual(['equal', rows.at(-2)?.[4]]);
  const [kills = 0, recoveries = 0, takenBack = 0, increments = 0] = sums;
  expect(kills).toBeGreaterThan(0);
  expect(recoveries).toBeGreaterThan(0);
  expect(recoveries).toBeLessThanOrEqual(kills);
  expect(takenBack).toBeLessThanOrEqual(recoveries);
  expect(increments).toBeGreaterThan(kills);
}

test('the counter is what was committed, however many were killed; nothing is left', async () => {
  const program = start('2');
  const { code, stdout, stderr } = await end(program);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^3 processes increment one counter/);
  expectRight(rowsOf(stdout), NAMES);
  expect(code).toBe(0);
  await expectNothingOf(program.pid);
});

test('leaves out the C program where there is no compiler', async () => {
  const { code, stdout } = await end(start('1', { env: { PATH: emptyFolder() } }));
  expect(stdout).toContain('C program: skipped, there is no C compiler (cc or gcc)\n');
  expectRight(rowsOf(stdout), NAMES.slice(0, 2));
  expect(code).toBe(0);
});

test('a wrong count is told, also by the exit code', async () => {
  const program = start('6'); // longer than it takes to be seen at work
  await atWork(program);
  const mapping = memory.mapSync(fdOf(program.pid) ?? '', { access: 'write' });
  using mutex = lock.Mutex.at(mapping);
  {
    using guard = mutex.lockSync();
    const words = mapping.view(Uint32Array);
    if (guard.ownerDied) {
      Atomics.store(words, WHO, 0);
      guard.markConsistent();
    }
    Atomics.add(words, COUNTER, 1000);
  }
  mapping.close();
  const { code, stdout } = await end(program);
  expect(rowsOf(stdout).at(-1)?.[3]).toBe('DIFFERENT');
  expect(code).toBe(1);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s leaves nothing', async (signal) => {
  const program = start('60', { detached: true });
  const pids = await atWork(program);
  process.kill(signal === 'SIGINT' ? -program.pid : program.pid, signal);
  const ended = await end(program);
  expect(ended.signal).toBe(signal);
  expect(ended.stderr).toBe(`crash-safe-counter: interrupted by ${signal}\n`);
  await untilAllEnded(pids);
  await expectNothingOf(program.pid);
});

test('its processes end when it is killed', async () => {
  const program = start('60');
  const pids = await atWork(program);
  program.kill('SIGKILL');
  await end(program);
  await untilAllEnded(pids);
  await expectNothingOf(program.pid);
});

test('a process that fails ends it', async () => {
  const program = start('60');
  await atWork(program);
  let isOver = false;
  const ending = end(program).finally(() => {
    isOver = true;
  });
  // The program itself may be about to kill the one that is chosen.
  await waitUntil('its end', () => {
    for (const one of childrenOf(program.pid).slice(0, 1)) terminate(one);
    return isOver;
  });
  const { code, stderr } = await ending;
  expect(stderr).toBe('crash-safe-counter: a process ended by itself, with SIGTERM\n');
  expect(code).toBe(1);
});

test.each(['0', 'x'])('%s is no time', async (seconds) => {
  const { code, stderr } = await end(start(seconds));
  expect(stderr).toBe('crash-safe-counter: SECONDS must be a number above 0\n');
  expect(code).toBe(2);
});

describe('npm start', () => {
  const startAll = (...args: string[]): Peer =>
    run(process.execPath, [path.join(examples, 'start.js'), ...args]);

  test('sends a file, then counts', async () => {
    const program = startAll(makeFile(randomBytes(1000)));
    const { code, stdout } = await end(program);
    const rows = rowsOf(stdout.slice(stdout.indexOf('processes increment')));
    expect(stdout).toMatch(/^Sending/);
    expectRight(rows, NAMES);
    expect(code).toBe(0);
    await expectNothingOf(program.pid);
  });

  test('sends it only, where transports are chosen', async () => {
    const { code, stdout } = await end(startAll(makeFile(randomBytes(10)), '-t', 'pipe'));
    expect(rowsOf(stdout)).toHaveLength(2);
    expect(stdout).not.toContain('increment');
    expect(code).toBe(0);
  });

  test('explains itself', async () => {
    const { code, stdout } = await end(startAll('--help'));
    expect(stdout).toContain('three processes count');
    expect(code).toBe(0);
  });
});
