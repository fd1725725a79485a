import { setTimeout as sleep } from 'node:timers/promises';
import { costCells, costsOf } from '../../bench/core/costs';
import type { Outcome, Sample } from '../../bench/core/run';
import { Lateness, Meter } from '../../bench/core/usage';
import { measure as madeMeasure, sample as made } from '../support/outcomes';

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test('a meter counts the CPU that was used, for each message', () => {
  const meter = new Meter();
  const before = process.cpuUsage();
  block(50);
  const { user, system } = process.cpuUsage(before);
  const { cpu, voluntary, involuntary } = meter.perMessage(10);
  expect(cpu).toBeGreaterThanOrEqual((user + system) / 10);
  expect(Math.min(voluntary, involuntary)).toBeGreaterThanOrEqual(0);
});

test('a meter counts the switches of who sleeps', async () => {
  const meter = new Meter();
  for (let i = 0; i < 20; i++) await sleep(1);
  expect(meter.perMessage(1).voluntary).toBeGreaterThan(0);
});

test('a loop that is blocked is as late as that', async () => {
  const lateness = new Lateness();
  await sleep(10);
  block(60);
  await sleep(10);
  expect(lateness.end(80e6)['loop max']).toBeGreaterThanOrEqual(50_000);
});

test('a loop that has not turned is late by all of it', () => {
  const lateness = new Lateness();
  expect(lateness.end(7e6)).toEqual({ 'loop p50': 7000, 'loop p99': 7000, 'loop max': 7000 });
});

function sample(cpu: number[], switches = 1, loop?: number): Sample {
  const values = (one: number): Record<string, number> => ({
    ...{ cpu: one, voluntary: switches, involuntary: 2 * switches },
    ...(loop === undefined ? {} : { 'loop p50': loop, 'loop p99': loop, 'loop max': 2 * loop }),
  });
  const all = cpu.map(values);
  return made({ values: all.at(-1) ?? {}, others: all.slice(0, -1) });
}

const measure = madeMeasure({ scenario: 'stream', figures: [] });

const outcome: Outcome = {
  measure,
  rounds: [
    { subject: sample([1, 2], 1, 500), baseline: sample([1, 1]) },
    { subject: sample([3, 6], 3, 700), baseline: sample([1, 2]) },
    { subject: sample([2, 4], 2, 600), baseline: sample([1, 1]) },
  ],
};

test('costs are medians, those of all programs together in the ratio', () => {
  const [cost] = costsOf(outcome);
  expect(cost).toEqual({
    group: 'g',
    name: 'a',
    subject: { cpu: [2, 4], voluntary: 4, involuntary: 8 },
    baseline: { cpu: [1, 1], voluntary: 2, involuntary: 4 },
    ratio: { median: 3, min: 1.5, max: 3 },
    loop: { p50: 600, p99: 600, max: 1200 },
  });
  expect(cost && costCells(cost)).toEqual([
    '2.00 + 4.00 us',
    '1.00 + 1.00 us',
    '3.00 (1.50 - 3.00)',
    '4.000 + 8.000',
    '2.000 + 4.000',
    '0.60, 0.60, 1.20 ms',
  ]);
});

test('there are none of what was disqualified, or not metered', () => {
  expect(costsOf({ ...outcome, fault: { who: 'subject', what: 'it hung' } })).toEqual([]);
  expect(costsOf({ measure, rounds: [] })).toEqual([]);
  const plain = made({ values: { ns: 1 } });
  expect(costsOf({ measure, rounds: [{ subject: plain }] })).toEqual([]);
});
