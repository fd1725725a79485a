import type { Measure } from '../../bench/core/measure';
import type { Outcome, Sample } from '../../bench/core/run';
import { SHARES, percentileName, tailCells, tailsOf } from '../../bench/core/tails';
import { measure, sample as made, work } from '../support/outcomes';

function sample(trips: readonly number[]): Sample {
  return made({ latencies: { trip: [...trips] } });
}

function outcome(scenario: Measure['scenario'], trips: readonly number[], pause = 0): Outcome {
  const timed = measure({
    scenario,
    work: { ...work, pause },
    figures: [
      { name: 'rate', unit: 'msg/s', better: 'more', value: () => NaN },
      {
        ...{ name: '', unit: 'us', better: 'less', value: () => NaN },
        latencies: ({ latencies }) => latencies['trip'] ?? [],
      },
    ],
  });
  return { measure: timed, rounds: [{ subject: sample(trips), baseline: sample(trips) }] };
}

/** 9,999 requests of 1 us, and one of 10 ms. */
const stalled = [...Array.from({ length: 9999 }, () => 1000), 1e7];

test('percentiles have the names that people give them', () => {
  expect(SHARES.map(percentileName)).toEqual(['p50', 'p90', 'p99', 'p99.9', 'p99.99']);
});

test('of a schedule they are what was measured: an open loop', () => {
  const [tail, ...more] = tailsOf(outcome('schedule', stalled));
  expect(more).toEqual([]);
  expect(tail).toMatchObject({ loop: 'open' });
  expect(tail?.subject.slice(0, 4)).toEqual([1, 1, 1, 1]);
});

test.each(['round-trip', 'in-flight'] as const)(
  'of %s, a closed loop, they are also corrected: the stall shows in half of all requests',
  (scenario) => {
    const [closed, corrected] = tailsOf(outcome(scenario, stalled));
    expect(closed).toMatchObject({ loop: 'closed' });
    expect(closed?.subject[2]).toBe(1);
    expect(corrected).toMatchObject({ loop: 'closed, corrected' });
    // 10,000 more would have waited for 1 us to 10 ms.
    expect(corrected?.subject[0]).toBeCloseTo(1, 3);
    expect(corrected?.subject[1]).toBeCloseTo(8000, -1);
    expect(corrected?.subject[4]).toBeCloseTo(9998, -1);
    expect(corrected?.baseline).toEqual(corrected?.subject);
  },
);

test('where each rests before, nobody would have asked meanwhile', () => {
  expect(tailsOf(outcome('round-trip', stalled, 3000)).map(({ loop }) => loop)).toEqual([
    'closed, rested',
  ]);
});

test('there are none where nothing was timed one by one, or somebody was wrong', () => {
  expect(tailsOf(outcome('stream', stalled))).toEqual([]);
  const fault = { who: 'subject', what: 'it hung' } as const;
  expect(tailsOf({ ...outcome('schedule', stalled), fault })).toEqual([]);
  expect(tailsOf({ ...outcome('schedule', stalled), rounds: [] })).toEqual([]);
});

test('few requests have no late percentiles: not one of them is expected beyond', () => {
  const ofFew = tailsOf(
    outcome(
      'schedule',
      Array.from({ length: 60 }, () => 1000),
    ),
  );
  expect(ofFew.map(({ subject }) => subject)).toEqual([[1, 1, NaN, NaN, NaN]]);
  expect(ofFew.map(tailCells)).toEqual([
    ['1.00 / 1.00', '1.00 / 1.00', '- / -', '- / -', '- / -', 'open'],
  ]);
  // Correcting adds requests, but says no more than was measured.
  const corrected = tailsOf(outcome('round-trip', stalled.slice(-1000)))[1];
  expect(corrected?.subject.map(Number.isNaN)).toEqual([false, false, false, false, true]);
});

test('as text: ours and that of C beside it', () => {
  const tail = { group: 'g', name: 'a', loop: 'open', subject: [1, 2], baseline: [3, 4] } as const;
  expect(tailCells({ ...tail, subject: [1, 2], baseline: [3, 4] })).toEqual([
    '1.00 / 3.00',
    '2.00 / 4.00',
    'open',
  ]);
});
