/** The report as a page: what stands in its tables, and what it is like where it is narrow. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Measure } from '../../bench/core/measure';
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
  const outcomes: Outcome[] = [
    outcome(alone('tin cans'), [[20, 10]]),
    { measure: measure({ name: 'drums', absent: 'no hide' }), rounds: [] },
  ];
  const rows = outcomes.flatMap((one) => rowsOf(one, nearOf(outcomes)));
  const text = await page({ facts: {}, rows, outcomes, agreements: [], smoke: false });
  expect(text).toContain(
    '<thead><tr><th scope="col"></th><th scope="col">ours</th><th scope="col">C</th></tr></thead>',
  );
  expect(text).toContain('<tr><th scope="row">tin cans</th><td>20.0 ns</td><td>-</td></tr>');
  expect(text).toContain('<th scope="row">drums</th><td colspan="2" class="trouble">no hide</td>');
});

/** Without C beside them: there is no plot of ratios. */
function alone(name: string): Measure {
  const one = measure({ name });
  delete one.baseline;
  return one;
}

test('its headings lead from one to the next, also where there are no plots of transports', async () => {
  const outcomes = [outcome(alone('tin cans'), [[20, 10]])];
  const rows = outcomes.flatMap((one) => rowsOf(one, nearOf(outcomes)));
  const text = await page({ facts: {}, rows, outcomes, agreements: [], smoke: false });
  expect(text.match(/<h\d>/g)).toEqual(['<h1>', '<h2>', '<h3>']);
});

/** How far tables and plots reach beyond the text, where the page is as on paper, and narrow. */
const BEYOND = `(() => {
  const [sheet] = document.styleSheets;
  const paper = [...sheet.cssRules].filter(({ media }) => media?.mediaText === 'print');
  for (const rule of paper.flatMap(({ cssRules }) => [...cssRules]))
    sheet.insertRule(rule.cssText, sheet.cssRules.length);
  document.body.style.width = '650px';
  const { right } = document.body.getBoundingClientRect();
  return [...document.querySelectorAll('.wide table, svg')].map((one) => one.getBoundingClientRect().right - right);
})()`;

testIf(browser !== undefined, 'no browser')(
  'on paper, which cannot be scrolled, tables and plots are no wider than the text',
  async () => {
    const fault = { who: 'subject', what: 'x'.repeat(200) } as const;
    const outcomes: Outcome[] = [
      outcome(alone(`tin cans ${'and a long string '.repeat(8)}`), [[20, 10]]),
      { ...outcome(alone('drums'), []), fault },
    ];
    const rows = outcomes.flatMap((one) => rowsOf(one, nearOf(outcomes)));
    const text = await page({ facts: {}, rows, outcomes, agreements: [], smoke: false });
    const plot = '<figure><svg width="905" height="347" viewBox="0 0 905 347"></svg></figure>';
    const file = path.join(folder, 'paper.html');
    writeFileSync(file, text.replace('</body>', `${plot}</body>`));
    const beyond = ask(file, BEYOND, 'light') as number[];
    expect(beyond).toHaveLength(2);
    expect(Math.max(...beyond)).toBeLessThanOrEqual(0.5);
  },
);
