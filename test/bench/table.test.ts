/** The tables: how ratios are written, and colours. */

import { drawn, ratioText, spreadText } from '../../bench/core/table';

test.each([
  [0, '0.00'],
  [0.00123, '0.0012'],
  [0.0123, '0.012'],
  [0.0714, '0.071'],
  [0.0996, '0.10'],
  [0.1234, '0.12'],
  [12.345, '12.35'],
])('a ratio of %d is %s: of what is far quicker, too, it says how much', (ratio, text) => {
  expect(ratioText(ratio)).toBe(text);
});

test('a median from the smallest to the largest', () => {
  expect(spreadText({ median: 1.5, min: 0.05, max: 30 })).toBe('1.50 (0.050 - 30.00)');
});

describe('a table is drawn in colours', () => {
  const { stdout, env } = process;
  const before = { isTTY: stdout.isTTY, NO_COLOR: env['NO_COLOR'] };
  const isColoured = (): boolean =>
    drawn(['', 'a'], [{ group: 'g', name: 'n' }], () => ['1']).includes('\u001b[');

  beforeEach(() => {
    delete env['NO_COLOR'];
    Object.assign(stdout, { hasColors: () => env['NO_COLOR'] === undefined });
  });

  afterEach(() => {
    stdout.isTTY = before.isTTY;
    if (before.NO_COLOR !== undefined) env['NO_COLOR'] = before.NO_COLOR;
  });

  test('at a terminal, and not for a file', () => {
    stdout.isTTY = true;
    expect(isColoured()).toBe(true);
    stdout.isTTY = false;
    expect(isColoured()).toBe(false);
  });

  test('but not for who wants none', () => {
    stdout.isTTY = true;
    env['NO_COLOR'] = '1';
    expect(isColoured()).toBe(false);
  });
});
