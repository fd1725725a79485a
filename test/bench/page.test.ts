/** The report as a page, where it is narrow. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { page } from '../../bench/report/page';
import { ask, browser } from '../support/browser';
import { testIf } from '../support/machine';

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
