import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { conditions } from '../../bench/core/conditions';
import { allowedCpus, governors, numbersIn } from '../../bench/core/cpus';
import { placed, placementText } from '../../bench/core/measure';
import { outliersOf, outlierText, type Disturbance } from '../../bench/core/outliers';
import { migrationsOf } from '../../bench/core/result';
import type { Outcome } from '../../bench/core/run';
import { Migrations } from '../../bench/core/usage';
import { measure, sample } from '../support/outcomes';

test.each([
  ['0-1', [0, 1]],
  ['3', [3]],
  ['0-2,5,8-9\n', [0, 1, 2, 5, 8, 9]],
])('the kernel names CPUs as %j', (list, numbers) => {
  expect(numbersIn(list)).toEqual(numbers);
});

describe('the governor', () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-governor-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('is that of the CPUs that may be used, each name once', () => {
    for (const cpu of allowedCpus()) {
      const place = path.join(folder, `cpu${String(cpu)}/cpufreq`);
      mkdirSync(place, { recursive: true });
      writeFileSync(path.join(place, 'scaling_governor'), 'performance\n');
    }
    expect(governors(folder)).toBe('performance');
  });

  test('may not be shown, and that is said', () => {
    expect(governors(folder)).toMatch(/^not known/);
  });
});

describe('programs', () => {
  const command = { file: 'cat', args: ['-n'] };

  test('lie apart on the CPUs that may be used, by turns', () => {
    const cpus = [0, 1, 2].map((i) => placed(command, 'apart', i, [4, 7]).args[1]);
    expect(cpus).toEqual(['4', '7', '4']);
    expect(placed(command, 'apart', 1, [4, 7])).toEqual({
      file: 'taskset',
      args: ['-c', '7', 'cat', '-n'],
    });
  });

  test('lie apart from the first one, where that has a CPU to itself', () => {
    const places = [[4, 7, 9], [4, 7], [4]].map((cpus) =>
      [0, 1, 2, 3].map((i) => placed(command, 'free', i, cpus, true).args[1]),
    );
    expect(places).toEqual([
      ['4', '7', '9', '7'],
      ['4', '7', '7', '7'],
      ['4', '4', '4', '4'],
    ]);
    expect(placed(command, 'together', 1, [4, 7], true).args[1]).toBe('4');
  });

  test('lie on the first one, or where the kernel likes', () => {
    expect(placed(command, 'together', 1, [4, 7]).args[1]).toBe('4');
    expect(placed(command, 'free', 1, [4, 7])).toBe(command);
  });

  test('are said to', () => {
    expect(placementText('apart', [4, 7])).toContain('on CPU 4, 7');
    expect(placementText('apart', [4, 7])).toMatch(
      /; what starts its other programs or threads itself on all of them$/,
    );
    expect(placementText('together', [4, 7])).toContain('on CPU 4');
    expect(placementText('free', [4, 7])).toBe('as the kernel likes');
  });
});

test('migrations are counted by the kernel, or not at all', () => {
  const { migrations = 0 } = new Migrations().since();
  expect(migrations).toBeGreaterThanOrEqual(0);
  const result = { values: { migrations: 2 }, latencies: {} };
  expect(migrationsOf({ ...result, others: [{ migrations: 3 }, {}] })).toBe(5);
  expect(migrationsOf({ values: {}, latencies: {} })).toBeUndefined();
});

describe('an outlier', () => {
  const calm: Disturbance = { far: false, migrations: 0, involuntary: 0.1 };
  const values = [10, 10.2, 9.9, 10.1, 50, 10, 9.8];
  const among = (one: Partial<Disturbance>): Disturbance[] =>
    values.map((value) => (value === 50 ? { ...calm, ...one } : calm));

  test.each([
    [{ far: true, migrations: 2 }, 'far'],
    [{ migrations: 2, involuntary: 5 }, 'moved'],
    [{ involuntary: 5 }, 'crowded'],
    [{}, 'noise'],
    [{ migrations: undefined, involuntary: undefined }, 'noise'],
  ])('with %j is called %s', (disturbance, cause) => {
    expect(outliersOf(values, among(disturbance))).toEqual([{ round: 4, cause }]);
  });

  test('is none where the round is like the others, however disturbed', () => {
    const even = values.map((value) => (value === 50 ? 10 : value));
    expect(outliersOf(even, among({ far: true, migrations: 9 }))).toEqual([]);
  });

  test('in words', () => {
    expect(outlierText([])).toBe('');
    const all = outliersOf(values, among({ migrations: 1 }));
    expect(outlierText([...all, ...all, { round: 0, cause: 'noise' }])).toBe('2 moved, 1 noise');
  });
});

describe('outliers in the head of the report', () => {
  const outcome = (...times: number[]): Outcome => ({
    measure: measure(),
    rounds: times.map((ns) => ({ subject: sample({ values: { ns } }) })),
  });
  const said = (...outcomes: Outcome[]) => conditions(outcomes, 'free')['outliers'];

  test('are counted in rows of four rounds and more', () => {
    expect(said(outcome(1, 1, 1, 1))).toBe('0 of 4 rounds of all rows');
    expect(said(outcome(1, 1, 1, 9), outcome(2, 2, 2, 2))).toBe(
      '1 of 8 rounds of all rows: 1 noise',
    );
  });

  test('cannot be found in fewer, and that is said', () => {
    expect(said(outcome(1, 1, 9))).toBe('too few rounds: a row needs 4');
    expect(said(outcome(1, 1, 9), outcome(1, 1, 1, 9))).toBe(
      '1 of 4 rounds of the rows that have 4 or more: 1 noise',
    );
  });
});

describe('what the machine was like', () => {
  const distance = 'cache line there and back';
  const at = (...distances: number[]): Outcome => ({
    measure: measure(),
    rounds: distances.map((one) => ({ subject: { ...sample({}, one), migrations: 0 } })),
  });

  test('is not known where nothing was measured, and that is said', () => {
    const absent: Outcome = { measure: measure({ absent: 'not there' }), rounds: [] };
    expect(conditions([absent], 'free')).toMatchObject({
      [distance]: 'nothing was measured',
      'moved to another CPU': 'nothing was measured',
      outliers: 'nothing was measured',
    });
  });

  test('is told of two CPUs and of one', () => {
    const two = conditions([at(90, 100, 400)], 'free');
    expect(two).toMatchObject({
      [distance]: '90 to 400 ns, median 100',
      'moved to another CPU': '0 of 3 samples',
    });
    expect(conditions([at(0, 0)], 'free')[distance]).toBe('not known: there is one CPU');
  });
});
