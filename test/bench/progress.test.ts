/** What stands at the terminal while it is measured. */

import { Progress, type Terminal } from '../../bench/core/progress';

/** A terminal of so many columns, and the lines that it has shown. */
function terminal(columns: number | undefined, isTTY = true): [Terminal, string[]] {
  const shown: string[] = [];
  const write = (text: string): unknown => shown.push(text.replace('\r\x1b[K', ''));
  return [{ isTTY, columns, write }, shown];
}

test('a bar of what is done, and what is being done', () => {
  const [one, shown] = terminal(100);
  const progress = new Progress(8, one);
  progress.show('round 1 of 2: a');
  for (let i = 0; i < 3; i++) progress.advance();
  progress.show('round 1 of 2: b');
  for (let i = 0; i < 5; i++) progress.advance();
  progress.show('round 2 of 2: b');
  progress.clear();
  expect(shown).toEqual([
    '░░░░░░░░░░░░░░░░░░░░░░░░   0 % round 1 of 2: a',
    '█████████░░░░░░░░░░░░░░░  37 % round 1 of 2: b',
    '████████████████████████ 100 % round 2 of 2: b',
    '',
  ]);
});

test.each([40, undefined])('it stays within one line of %p columns', (columns) => {
  const [one, shown] = terminal(columns);
  new Progress(1, one).show('x'.repeat(200));
  expect(shown.map((line) => line.length)).toEqual([(columns ?? 80) - 1]);
});

test('nothing where there is no terminal', () => {
  const [one, shown] = terminal(80, false);
  const progress = new Progress(1, one);
  progress.show('x');
  progress.clear();
  expect(shown).toEqual([]);
});
