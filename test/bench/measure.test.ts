import { perWork, ratesOf } from '../../bench/core/figures';
import { othersOf, programsOf, workOf, type Measure } from '../../bench/core/measure';
import { measured } from '../../bench/core/sample';
import { needed } from '../../bench/facilities/rows';
import { measure, work } from '../support/outcomes';

test('a program of a scenario knows the others', () => {
  expect(othersOf('stream-send')).toEqual(['stream-receive']);
  expect(othersOf('round-trip-serve')).toEqual(['round-trip-call']);
  expect(othersOf('pair')).toEqual([]);
  expect(othersOf('tin cans')).toEqual([]);
});

test('the last program of a scenario runs as often as there are receivers', () => {
  expect(programsOf('stream', work)).toEqual(['stream-send', 'stream-receive']);
  expect(programsOf('fan-out', { ...work, receivers: 3 })).toEqual([
    'fan-out-send',
    ...['fan-out-receive', 'fan-out-receive', 'fan-out-receive'],
  ]);
});

test('one of the two that are compared may have another number of receivers', () => {
  const C = { language: 'C', program: 'cat' } as const;
  expect(workOf(C, { ...work, receivers: 4 })).toEqual({ ...work, receivers: 4 });
  expect(workOf({ ...C, receivers: 1 }, { ...work, receivers: 4 })).toEqual({
    ...work,
    receivers: 1,
  });
});

test('one of the two that are compared may do more', () => {
  const C = { language: 'C', program: 'cat', times: 3 } as const;
  expect(workOf(C, { ...work, warm: 5, count: 7 })).toEqual({ ...work, warm: 15, count: 21 });
});

test('work that several programs repeat takes as long as the slowest of them', () => {
  expect(programsOf('repeat', { ...work, receivers: 2 })).toEqual(['repeat', 'repeat']);
  const result = { values: { ns: 4 }, latencies: {} };
  const times = [[], [{ ns: 3 }], [{ ns: 5 }]].map((others) =>
    perWork().value({ ...result, others }),
  );
  expect(times).toEqual([4, 4, 5]);
});

test('a smoke run leaves out the rows that rest', () => {
  const row = (name: string, pause: number): Measure => measure({ name, work: { ...work, pause } });
  const rows = [row('a', 0), row('b', 3000)];
  const names = (measures: readonly Measure[]): string[] => measures.map(({ name }) => name);
  expect(names(needed('smoke', rows))).toEqual(['a']);
  expect(names(needed('quick', rows))).toEqual(['a', 'b']);
});

test('the rates of a sender and of each receiver', () => {
  const result = { values: { ns: 4 }, latencies: {}, others: [{ ns: 1 }, { ns: 2 }] };
  expect(ratesOf(2).map(({ name, value }) => [name, value(result)])).toEqual([
    ['publisher', 1e9],
    ['receiver 1', 5e8],
    ['receiver 2', 2.5e8],
  ]);
});

describe('what the programs of a sample say', () => {
  const said = (ns: number, role?: string) => ({
    values: { ns },
    latencies: {},
    ...(role === undefined ? {} : { role }),
  });

  test('is put in order by their roles: the receivers last', () => {
    const results = [
      said(2, 'fan-out-receive'),
      said(1, 'fan-out-send'),
      said(3, 'fan-out-receive'),
    ];
    const { values, others } = measured(results, 'fan-out', false);
    expect([values, others]).toEqual([{ ns: 3 }, [{ ns: 1 }, { ns: 2 }]]);
  });

  test('in C has no roles, and is in order', () => {
    expect(measured([said(1), said(2)], 'stream', false)).toMatchObject({
      values: { ns: 2 },
      others: [{ ns: 1 }],
    });
  });

  test('of threads is that of their process', () => {
    const results = [said(2, 'stream-receive'), said(1, 'stream-send')];
    expect(measured(results, 'stream', true)).toMatchObject({ values: { ns: 2 }, others: [] });
  });

  test('but each thread was moved by itself', () => {
    const thread = (role: string, migrations: number) => ({
      ...said(1, role),
      values: { cpu: 5, migrations },
    });
    const results = [thread('stream-receive', 2), thread('stream-send', 1)];
    expect(measured(results, 'stream', true).values).toEqual({ cpu: 5, migrations: 3 });
  });

  test('is a fault where the one that measures is missing', () => {
    expect(() => measured([said(1, 'stream-send')], 'stream', false)).toThrow('measured nothing');
  });
});
