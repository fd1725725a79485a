/** A browser without a window, where the machine has one. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/** The command of one; undefined where there is none. */
export const browser = ['chromium', 'google-chrome', 'chromium-browser'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'];

function run(flags: readonly string[], file: string): string {
  if (browser === undefined) throw new Error('there is no browser');
  const { status, stdout, stderr } = spawnSync(browser, [...FLAGS, ...flags, `file://${file}`], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(`${browser} ended with ${String(status)}\n${stderr}`);
  return stdout;
}

/** Opens a page, and answers what an expression says of it there, as JSON. */
export function ask(file: string, expression: string, scheme: 'light' | 'dark'): unknown {
  const asking = file.replace(/\.html$/, `-${scheme}.html`);
  const script = `<script>document.title = JSON.stringify(${expression})</script>`;
  writeFileSync(asking, readFileSync(file, 'utf8').replace('</body>', `${script}</body>`));
  const preference = `--blink-settings=preferredColorScheme=${scheme === 'dark' ? '0' : '1'}`;
  const title = /<title>(.*?)<\/title>/s.exec(run([preference, '--dump-dom'], asking))?.[1] ?? '';
  return JSON.parse(title.replaceAll('&quot;', '"').replaceAll('&amp;', '&'));
}

/** A picture of the page, as PNG. */
export function screenshot(file: string, picture: string): void {
  run(['--window-size=1100,1600', `--screenshot=${picture}`], file);
}
