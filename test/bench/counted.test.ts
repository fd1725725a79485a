/** Rounds in which one program ran near and the other far are left out: of all tables alike. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { latency } from '../../bench/core/figures';
import { writeJson } from '../../bench/core/json';
import type { Outcome, Sample } from '../../bench/core/run';
import { countedOf, nearOf } from '../../bench/core/rows';
import { tablesOf } from '../../bench/report/document';
import { measure, sample } from '../support/outcomes';

/** A hundred round trips of so many microseconds, and as much CPU. */
function tripsOf(us: number, distance = 1): Sample {
  const latencies = { 'round trip': Array.from({ length: 100 }, () => us * 1000) };
  return sample({ values: { cpu: us, voluntary: 0, involuntary: 0 }, latencies }, distance);
}

const near = { subject: tripsOf(2), baseline: tripsOf(1) };
const unequal = { subject: tripsOf(900, 10), baseline: tripsOf(1) };

const outcome: Outcome = {
  measure: measure({ scenario: 'round-trip', figures: [latency('', 'round trip')] }),
  rounds: [near, unequal, near, near, unequal],
};

const few = { ...outcome, rounds: [near, near, unequal] };

test('they are left out, unless too few would remain', () => {
  expect(countedOf(outcome, nearOf([outcome])).rounds).toEqual([near, near, near]);
  expect(countedOf(few, nearOf([few]))).toBe(few);
});

test('no table has them', () => {
  expect(tablesOf([[few]])).toContain('900');
  const text = tablesOf([[outcome]]);
  expect(text).not.toContain('900');
  expect(text).toContain('2 left out');
  expect(text).toContain('| a | 2.00 / 1.00 | 2.00 / 1.00 | 2.00 / 1.00 |');
});

test('nor has JSON, but in the rounds as they were', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-counted-'));
  try {
    const file = path.join(folder, 'results.json');
    writeJson(file, {}, [outcome], []);
    const { measures } = JSON.parse(readFileSync(file, 'utf8')) as {
      measures: { rounds: object[]; percentiles: object[]; costs: object[] }[];
    };
    const [one] = measures;
    expect(one?.rounds).toHaveLength(5);
    expect(one?.percentiles[0]).toMatchObject({ subject: [2, 2, 2, null, null] });
    expect(one?.costs).toMatchObject([{ subject: { cpu: [2] }, ratio: { max: 2 } }]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
