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

test('where there is no terminal, a line for each five percent', () => {
  const [one, shown] = terminal(80, false);
  const progress = new Progress(40, one);
  for (let i = 0; i < 40; i++) {
    progress.show(`step ${String(i)}`);
    progress.advance();
  }
  progress.clear();
  expect(shown.length).toBe(20);
  expect(shown.slice(0, 3)).toEqual(['  0 % step 0\n', '  5 % step 2\n', ' 10 % step 4\n']);
});

test('where there is no terminal, a step of much is one line', () => {
  const [one, shown] = terminal(80, false);
  const progress = new Progress(2, one);
  progress.show('a');
  progress.show('b');
  progress.advance();
  progress.show('c');
  progress.show('d');
  expect(shown).toEqual(['  0 % a\n', ' 50 % c\n']);
});
