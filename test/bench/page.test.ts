/** The report as a page: what stands in its tables, and what it is like where it is narrow. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { nearOf, rowsOf } from '../../bench/core/rows';
import type { Outcome } from '../../bench/core/run';
import { page } from '../../bench/report/page';
import { ask, browser } from '../support/browser';
import { testIf } from '../support/machine';
import { measure, outcome } from '../support/outcomes';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-page-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

testIf(browser !== undefined, 'no browser')(
  'on a telephone the facts are as wide as the text: nothing else lies beside it',
  async () => {
    const facts = {
      'shared-memory-disruptor': 'a version',
      kernel: 'x'.repeat(60),
    };
    const file = path.join(folder, 'page.html');
    writeFileSync(
      file,
      await page({ facts, rows: [], outcomes: [], agreements: [], smoke: false }),
    );
    const widths = ask(
      file,
      `(document.body.style.width = '350px', [document.querySelector('.facts').offsetWidth, document.querySelector('p').offsetWidth])`,
      'light',
    );
    expect(widths).toEqual([350, 350]);
  },
);

test('a table has no column in which nothing stands', async () => {
  const alone = measure({ name: 'tin cans' });
  delete alone.baseline;
  const outcomes: Outcome[] = [
    outcome(alone, [[20, 10]]),
    { measure: measure({ name: 'drums', absent: 'no hide' }), rounds: [] },
  ];
  const rows = outcomes.flatMap((one) => rowsOf(one, nearOf(outcomes)));
  const text = await page({ facts: {}, rows, outcomes, agreements: [], smoke: false });
  expect(text).toContain('<thead><tr><th></th><th>ours</th><th>C</th></tr></thead>');
  expect(text).toContain('<tr><td>tin cans</td><td>20.0 ns</td><td>-</td></tr>');
  expect(text).toContain('<td>drums</td><td colspan="2" class="trouble">no hide</td>');
});
