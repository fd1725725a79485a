import type { Figure, Measure } from '../../bench/core/measure';
import { nearOf, rowsOf } from '../../bench/core/rows';
import type { Outcome, Sample } from '../../bench/core/run';
import {
  answered,
  C,
  C_FAN_OUT,
  fansOut,
  percentiles,
  rates,
  ratiosToC,
  ratiosToNode,
  sizeText,
} from '../../bench/report/data';
import { measure as made, said, sample, work } from '../support/outcomes';

const rate = said('rate', 'msg/s', 'more');

const latency: Figure = {
  name: '',
  unit: 'us',
  better: 'less',
  value: () => NaN,
  latencies: ({ latencies }) => latencies['trip'] ?? [],
};

type Kind = NonNullable<Measure['transport']>['kind'];

function measure(name: string, kind: Kind, size: number, figure: Figure): Measure {
  return made({
    name: `${name} ${String(size)}`,
    scenario: figure === rate ? 'stream' : 'round-trip',
    work: { ...work, size },
    figures: [figure],
    transport: { name, kind },
  });
}

function stream(name: string, kind: Kind, size: number, pairs: [number, number][]): Outcome {
  const rounds = pairs.map(([subject, baseline]) => ({
    subject: sample({ values: { rate: subject } }),
    baseline: sample({ values: { rate: baseline } }),
  }));
  return { measure: measure(name, kind, size, rate), rounds };
}

const outcomes = [
  stream('ours', 'ours', 64, [
    [100, 400],
    [300, 400],
    [200, 400],
  ]),
  stream('net', 'node', 64, [[50, 500]]),
  stream('tcp', 'node', 64, [[80, 600]]),
  stream('zmq', 'package', 64, [[1000, 400]]),
  stream('ours', 'ours', 1024, [[10, 40]]),
];

test('rates are medians, and those of C come once for each size', () => {
  expect(rates(outcomes)).toEqual([
    { transport: 'ours', kind: 'ours', size: 64, rate: 200 },
    { transport: 'net', kind: 'node', size: 64, rate: 50 },
    { transport: 'tcp', kind: 'node', size: 64, rate: 80 },
    { transport: 'zmq', kind: 'package', size: 64, rate: 1000 },
    { transport: 'ours', kind: 'ours', size: 1024, rate: 10 },
    { transport: C, kind: 'C', size: 64, rate: 450 },
    { transport: C, kind: 'C', size: 1024, rate: 40 },
  ]);
});

test("ours is compared with the best of Node's own, where there is one", () => {
  expect(ratiosToNode(rates(outcomes))).toEqual([{ transport: 'ours', size: 64, ratio: 2.5 }]);
});

test('the ratio to C is that of the row', () => {
  const rows = outcomes.flatMap((one) => rowsOf(one, nearOf(outcomes)));
  expect(ratiosToC(outcomes, rows).map(({ ratio }) => ratio)).toEqual([
    0.5,
    0.1,
    80 / 600,
    2.5,
    0.25,
  ]);
});

test('percentiles are over all rounds', () => {
  const trips = (from: number): Sample =>
    sample({ latencies: { trip: Array.from({ length: 10_000 }, (_, i) => (from + i) * 1000) } });
  const rounds = [
    { subject: trips(1), baseline: trips(1) },
    { subject: trips(10_001), baseline: trips(1) },
  ];
  const all = percentiles([{ measure: measure('ours', 'ours', 64, latency), rounds }]);
  const of = (transport: string): number[] =>
    all.filter((one) => one.transport === transport).map((one) => one.microseconds);
  expect(all.slice(0, 5).map(({ percentile }) => percentile)).toEqual([
    ...['p50', 'p90', 'p99', 'p99.9', 'p99.99'],
  ]);
  expect(of('ours').map(Math.round)).toEqual([10_001, 18_000, 19_800, 19_980, 19_998]);
  expect(of(C).map(Math.round)).toEqual([5001, 9000, 9900, 9990, 9999]);
});

test('percentiles that so few requests do not show are not plotted', () => {
  const some = sample({ latencies: { trip: Array.from({ length: 60 }, () => 1000) } });
  const rounds = [{ subject: some, baseline: some }];
  const all = percentiles([{ measure: measure('ours', 'ours', 64, latency), rounds }]);
  expect(all.map(({ transport, percentile }) => [transport, percentile])).toEqual([
    ['ours', 'p50'],
    ['ours', 'p90'],
    [C, 'p50'],
    [C, 'p90'],
  ]);
});

/** Requests by ours and by another one, so many under way. */
function flight(
  scenario: 'in-flight' | 'schedule',
  window: number,
  rates: [number, number],
): Outcome {
  const [subject, baseline] = rates.map((one) =>
    sample({ values: { rate: one }, latencies: { trip: [1000, 3000] } }),
  );
  const one = measure('ours', 'ours', 64, rate);
  return {
    measure: { ...one, scenario, work: { ...one.work, window }, figures: [rate, latency] },
    rounds: [{ subject: subject ?? sample({}), baseline: baseline ?? sample({}) }],
  };
}

test('several in flight: answers by how many, of C the median of its rows', () => {
  const all = [
    flight('in-flight', 1, [10, 20]),
    flight('in-flight', 8, [40, 60]),
    flight('in-flight', 8, [50, 80]),
    flight('schedule', 8, [1, 1]),
  ];
  expect(answered(all)).toEqual([
    { transport: 'ours', size: 64, window: 1, rate: 10 },
    { transport: 'ours', size: 64, window: 8, rate: 40 },
    { transport: 'ours', size: 64, window: 8, rate: 50 },
    { transport: C, size: 64, window: 1, rate: 20 },
    { transport: C, size: 64, window: 8, rate: 70 },
  ]);
});

/** Each plot has C once: those of several in flight have one window each, a schedule's has all of its size. */
test.each([
  ['in-flight', [1, 8]],
  ['schedule', [1]],
] as const)('percentiles of %s, those of C once in each plot', (scenario, ofC) => {
  const all = percentiles([flight(scenario, 1, [1, 1]), flight(scenario, 8, [1, 1])], scenario);
  const medians = all.filter(({ percentile }) => percentile === 'p50');
  expect(medians.map(({ transport, window }) => [transport, window])).toEqual([
    ['ours', 1],
    ['ours', 8],
    ...ofC.map((window) => [C, window]),
  ]);
  expect(medians.every(({ microseconds }) => microseconds === 2)).toBe(true);
  expect(percentiles([flight(scenario, 1, [1, 1])])).toEqual([]);
});

test('from one to many: the rate of the slowest receiver', () => {
  const one = measure('ours', 'ours', 64, rate);
  const receiver = (name: string): Figure => ({
    ...rate,
    name,
    value: ({ values }) => values[name] ?? NaN,
  });
  const rounds = [
    [30, 20],
    [10, 50],
    [40, 40],
  ].map(([a = NaN, b = NaN]) => ({
    subject: sample({ values: { rate: 5, a, b } }),
    baseline: sample({ values: { rate: 5, a: 2 * a, b: 2 * b } }),
  }));
  const outcome: Outcome = {
    measure: {
      ...one,
      scenario: 'fan-out',
      work: { ...one.work, receivers: 2 },
      figures: [rate, receiver('a'), receiver('b')],
    },
    rounds,
  };
  expect(fansOut([outcome])).toEqual([
    { transport: 'ours', receivers: 2, rate: 20 },
    { transport: C_FAN_OUT, receivers: 2, rate: 40 },
  ]);
});

test('what was disqualified, or is no transport, is not plotted', () => {
  const [ours] = outcomes as [Outcome];
  const fault = { who: 'subject', what: 'it hung' } as const;
  const { transport, ...plain } = ours.measure;
  expect(transport).toBeDefined();
  const others: Outcome[] = [
    { ...ours, fault },
    { ...ours, rounds: [] },
    { ...ours, measure: plain },
  ];
  expect(rates(others)).toEqual([]);
});

test('sizes as people write them', () => {
  expect([64, 1024, 65_536, 1_048_576].map(sizeText)).toEqual(['64 B', '1 KiB', '64 KiB', '1 MiB']);
});
