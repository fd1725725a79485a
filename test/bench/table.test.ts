/** The tables: how ratios are written, and where colours are. */

import { isColourful, ratioText, spreadText } from '../../bench/core/table';

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

test.each([
  ['a file', { isTTY: false, hasColors: () => true }, false],
  ['a terminal', { isTTY: true, hasColors: () => true }, true],
  [
    'a terminal that has no colours, or whose user wants none: NO_COLOR',
    { isTTY: true, hasColors: () => false },
    false,
  ],
  ['a pipe', {}, false],
])('colours: %s', (_, stdout, expected) => {
  expect(isColourful(stdout)).toBe(expected);
});
