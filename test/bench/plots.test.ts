/** Which plots of the transports there are. Those who draw them cannot be loaded here: what they are given is looked at. */

import type { Outcome } from '../../bench/core/run';
import { nearOf, rowsOf } from '../../bench/core/rows';
import { transportSection } from '../../bench/report/transports';
import { measure, outcome } from '../support/outcomes';

const drawn: number[] = [];

function mockDrawing(values: readonly unknown[]): Promise<string> {
  drawn.push(values.length);
  return Promise.resolve('<svg></svg>');
}

jest.mock('../../bench/report/charts', () => ({
  throughput: mockDrawing,
  ratios: mockDrawing,
}));

beforeEach(() => {
  drawn.length = 0;
});

function stream(kind: 'ours' | 'node'): Outcome {
  const one = measure({ name: kind, scenario: 'stream', transport: { name: kind, kind } });
  return outcome(one, [[20, 10]]);
}

test.each([
  [
    ['ours', 'node'],
    ['One way, by size', 'beside the C program', 'ours beside the fastest'],
  ],
  [['ours'], ['One way, by size', 'beside the C program']],
  [['node'], ['One way, by size', 'beside the C program']],
] as const)('of %j there are those that show something', async (kinds, captions) => {
  const outcomes = kinds.map(stream);
  const rows = outcomes.flatMap((one) => rowsOf(one, nearOf(outcomes)));
  const text = await transportSection(outcomes, rows);
  expect(drawn).toHaveLength(captions.length);
  expect(drawn).not.toContain(0); // one of nothing has no end, and hides what comes after it
  for (const caption of captions) expect(text).toContain(caption);
});

test('of nothing there is no section', async () => {
  expect(await transportSection([], [])).toBe('');
  expect(drawn).toEqual([]);
});
