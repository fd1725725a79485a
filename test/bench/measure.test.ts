import { ratesOf } from '../../bench/core/figures';
import { othersOf, programsOf } from '../../bench/core/measure';
import { measured } from '../../bench/core/run';

test('a program of a scenario knows the others', () => {
  expect(othersOf('stream-send')).toEqual(['stream-receive']);
  expect(othersOf('round-trip-serve')).toEqual(['round-trip-call']);
  expect(othersOf('pair')).toEqual([]);
  expect(othersOf('tin cans')).toEqual([]);
});

test('the last program of a scenario runs as often as there are receivers', () => {
  const work = { size: 64, warm: 0, count: 1, check: 0, pause: 0, batch: 1, selectors: 1 };
  expect(programsOf('stream', work)).toEqual(['stream-send', 'stream-receive']);
  expect(programsOf('fan-out', { ...work, receivers: 3 })).toEqual([
    'fan-out-send',
    ...['fan-out-receive', 'fan-out-receive', 'fan-out-receive'],
  ]);
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

  test('is a fault where the one that measures is missing', () => {
    expect(() => measured([said(1, 'stream-send')], 'stream', false)).toThrow('measured nothing');
  });
});
