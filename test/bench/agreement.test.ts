import { agreementCells, agreementsOf, agreementText, pooled } from '../../bench/core/agreement';
import type { Measure } from '../../bench/core/measure';
import type { Outcome } from '../../bench/core/run';
import { measure, outcome as made, sample } from '../support/outcomes';

const steady = measure({ name: 'steady' });
const shaky = measure({ name: 'shaky' });

/** One round for each ratio. */
function outcome(one: Measure, ...ratios: number[]): Outcome {
  return made(
    one,
    ratios.map((ratio) => [ratio, 1]),
  );
}

const runs = [
  [outcome(steady, 1.9, 2, 2.4), outcome(shaky, 3, 3, 3)],
  [outcome(steady, 2.1, 1, 2.2), outcome(shaky, 3.6, 3.6, 9)],
];

test('the medians of the ratios of each run, and how far they lie apart', () => {
  const all = agreementsOf(runs);
  expect(all).toEqual([
    expect.objectContaining({ name: 'steady', medians: [2, 2.1], met: true }),
    expect.objectContaining({ name: 'shaky', medians: [3, 3.6], met: false }),
  ]);
  expect(all.map((one) => one.apart)).toEqual([
    expect.closeTo(0.05) as number,
    expect.closeTo(0.2) as number,
  ]);
  expect(all.map(agreementCells)).toEqual([
    ['2.00', '2.10', '5.0 %', 'within 10 %: met'],
    ['3.00', '3.60', '20.0 %', 'within 10 %: MISSED'],
  ]);
  expect(agreementText(all)).toBe('Medians of ratios within 10 % of each other: 1 of 2.');
});

test('medians that lie apart by just the limit agree, whatever binary fractions make of it', () => {
  const [one] = agreementsOf([[outcome(steady, 1)], [outcome(steady, 1.1)]]);
  expect(one?.apart).toBeGreaterThan(0.1);
  expect(one?.met).toBe(true);
  const [more] = agreementsOf([[outcome(steady, 1)], [outcome(steady, 1.10001)]]);
  expect(more?.met).toBe(false);
});

test('a row without a ratio, or that was wrong in one of the runs, has none', () => {
  const { baseline, ...alone } = steady;
  expect(baseline).toBeDefined();
  const single: Outcome = { measure: alone, rounds: [{ subject: sample({ values: { ns: 1 } }) }] };
  expect(agreementsOf([[single], [single]])).toEqual([]);
  const fault = { who: 'subject', what: 'it hung' } as const;
  const [[first] = []] = runs;
  if (first === undefined) throw new Error('no run');
  expect(agreementsOf([[first], [{ ...first, fault }]])).toEqual([]);
});

test('the rounds of all runs count together', () => {
  const all = pooled(runs);
  expect(all.map(({ measure: { name }, rounds }) => [name, rounds.length])).toEqual([
    ['steady', 6],
    ['shaky', 6],
  ]);
  expect(all.every(({ fault }) => fault === undefined)).toBe(true);
  const fault = { who: 'baseline', what: 'it hung' } as const;
  expect(pooled([[outcome(steady, 1)], [{ ...outcome(steady, 1), fault }]])[0]?.fault).toBe(fault);
  expect(pooled([])).toEqual([]);
});
