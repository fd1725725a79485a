import type { Figure, Measure } from '../../bench/core/measure';
import { rowsOf, nearOf } from '../../bench/core/rows';
import type { Outcome, Round, Sample } from '../../bench/core/run';
import { cells } from '../../bench/core/table';
import { measure, said, sample as made } from '../support/outcomes';

function sample(ns: number, distance = 400): Sample {
  return made({ values: { ns } }, distance);
}

function round(subject: number, baseline: number, distances: [number, number] = [400, 400]): Round {
  return { subject: sample(subject, distances[0]), baseline: sample(baseline, distances[1]) };
}

const time: Figure = {
  ...said('ns', 'ns', 'less'),
  name: 'time',
  goal: { of: 'ratio', limit: 1.5 },
};

function outcome(rounds: Round[], more: Partial<Measure> = {}): Outcome {
  return { measure: measure({ figures: [time], ...more }), rounds };
}

function rowOf(one: Outcome) {
  const [row] = rowsOf(one, nearOf([one]));
  if (row === undefined) throw new Error('no row');
  return row;
}

describe('a goal', () => {
  test('is met at its limit', () => {
    expect(rowOf(outcome([round(150, 100)])).goal).toMatchObject({ met: true, limit: 1.5 });
  });

  test('is missed above it', () => {
    expect(rowOf(outcome([round(151, 100)])).goal).toMatchObject({ met: false });
  });

  test('of a rate is missed below it', () => {
    const rate: Figure = {
      ...time,
      better: 'more',
      value: ({ values }) => 1 / (values['ns'] ?? NaN),
      goal: { of: 'ratio', limit: 0.75 },
    };
    const figures = [rate];
    expect(rowOf(outcome([round(130, 100)], { figures })).goal).toMatchObject({ met: true });
    expect(rowOf(outcome([round(140, 100)], { figures })).goal).toMatchObject({ met: false });
  });
});

test('beside a C program that needs nothing there is no ratio, and values are compared', () => {
  const row = rowOf(outcome([2, 2, 3, 3, 90].map((value) => round(value, value > 2 ? 0 : 1))));
  expect(row).toMatchObject({ subject: 3, baseline: 0, outliers: [{ round: 4, cause: 'noise' }] });
  expect(row.ratio).toBeUndefined();
});

describe('the distance between the CPUs', () => {
  test('near for one and far for the other: the round is left out', () => {
    const near = [round(100, 100), round(110, 100), round(120, 100)];
    const row = rowOf(outcome([...near, round(100, 300, [400, 1200])]));
    expect(row).toMatchObject({ rounds: 3, unequal: 1, far: 0 });
    expect(row.ratio?.median).toBeCloseTo(1.1);
  });

  test('far for both: the round counts, and is marked', () => {
    const far = round(300, 300, [1200, 1200]);
    expect(rowOf(outcome([round(1, 1), round(1, 1), far]))).toMatchObject({ rounds: 3, far: 1 });
  });

  test('too few comparable rounds: all count', () => {
    const rounds = [round(1, 1), round(1, 1, [400, 1200])];
    expect(rowOf(outcome(rounds))).toMatchObject({ rounds: 2, unequal: 0, far: 1 });
  });

  test('one CPU has none', () => {
    expect(rowOf(outcome([round(1, 1, [0, 0])]))).toMatchObject({ rounds: 1, far: 0 });
  });
});

describe('rounds that were disturbed', () => {
  const moved = (one: Round, migrations: number): Round => ({
    ...one,
    ...(one.subject === undefined ? {} : { subject: { ...one.subject, migrations } }),
  });

  test('are marked where a program was moved', () => {
    const rounds = [0, 3, 0, 1].map((migrations) => moved(round(1, 1), migrations));
    expect(rowOf(outcome(rounds))).toMatchObject({ moved: 2, outliers: [] });
  });

  test('are not marked where the kernel does not tell', () => {
    expect(rowOf(outcome([round(1, 1)])).moved).toBeUndefined();
  });

  test('are outliers where their ratio is far from the others, and the reason is named', () => {
    const rounds = [100, 101, 99, 100, 400, 100, 101].map((ns) => round(ns, 100));
    expect(rowOf(outcome(rounds)).outliers).toEqual([{ round: 4, cause: 'noise' }]);
    const both = rounds.map((one, i) => (i === 4 ? round(400, 400) : one));
    expect(rowOf(outcome(both)).outliers).toEqual([]);
    const row = rowOf(outcome(rounds.map((one, i) => moved(one, i === 4 ? 1 : 0))));
    expect(row.outliers).toEqual([{ round: 4, cause: 'moved' }]);
    expect(cells(row).at(-1)).toBe('met, 1 of 7 moved, outliers: 1 moved');
  });
});

describe('the 99th percentile of a row', () => {
  const timed = (count: number): string | undefined => {
    const latencies = { one: Array.from({ length: count }, () => 2000) };
    const result = { values: { ns: 1 }, latencies };
    const rounds: Round[] = [{ subject: { result, distances: [1, 1], count } }];
    const figure: Figure = { ...time, unit: 'us', latencies: (r) => r.latencies['one'] ?? [] };
    const { baseline, ...alone } = outcome(rounds, { figures: [figure] }).measure;
    expect(baseline).toBeDefined();
    return cells(rowOf({ measure: alone, rounds }))[3];
  };

  test('needs a hundred operations', () => {
    expect(timed(100)).toBe('2.00 / -');
    expect(timed(99)).toBe('- / -');
  });
});

describe('a fault', () => {
  const rival = { language: 'JavaScript', driver: 'any', forms: [], rival: 'tin-cans' } as const;
  const fault = { who: 'subject', what: 'lost a message' } as const;

  test('leaves no numbers', () => {
    const row = rowOf({ ...outcome([round(1, 1)]), fault });
    expect(row).toMatchObject({ trouble: 'DISQUALIFIED: lost a message', wrong: true });
    const refused = { who: 'baseline', what: 'ENOSPC: no space', refused: true } as const;
    expect(rowOf({ ...outcome([]), fault: refused })).toMatchObject({
      trouble: 'not measured: ENOSPC: no space',
      wrong: true,
    });
    expect(row.ratio).toBeUndefined();
  });

  test('of a rival is excused, of the C program beside it is not', () => {
    const one = outcome([], { subject: rival });
    expect(rowOf({ ...one, fault })).toMatchObject({
      trouble: 'DISQUALIFIED: lost a message',
      wrong: false,
    });
    const ofC = { ...one, fault: { who: 'baseline', what: 'it hung' } as const };
    expect(rowOf(ofC)).toMatchObject({ trouble: 'DISQUALIFIED: C: it hung', wrong: true });
  });

  test('of a rival that a row of ours is beside is excused', () => {
    const ofRival = { who: 'baseline', what: 'it hung' } as const;
    expect(rowOf({ ...outcome([], { baseline: rival }), fault: ofRival })).toMatchObject({
      trouble: 'DISQUALIFIED: any: it hung',
      wrong: false,
    });
  });
});
