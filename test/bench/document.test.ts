import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Figure } from '../../bench/core/measure';
import type { Outcome } from '../../bench/core/run';
import {
  replaced,
  sectionOf,
  tablesOf,
  updateDocument,
  type Section,
} from '../../bench/report/document';
import { measure, outcome as made, said } from '../support/outcomes';

/** One round, of a row with a goal of twice what C takes. */
function outcome(ns: number): Outcome {
  const figure: Figure = { ...said('ns', 'ns', 'less'), goal: { of: 'ratio', limit: 2 } };
  return made(measure({ name: 'row', group: 'Group', figures: [figure] }), [[ns, 10]]);
}

const facts = { date: '2026-11-29T11:45:12.000Z', rounds: '3', node: 'v20' };

test('the tables have no columns in which nothing stands', () => {
  expect(tablesOf([[outcome(15)]])).toBe(
    [
      '**Group**',
      '',
      '|  | ours | C | ratio (min - max) | goal |  |',
      '| --- | --: | --: | --: | --: | --- |',
      '| row | 15.0 ns | 10.0 ns | 1.50 (1.50 - 1.50) | <= 2 x C | met |',
      '',
    ].join('\n'),
  );
});

test('a section says what came of the goals, how it was measured, and whether runs agree', () => {
  const one = sectionOf(facts, [[outcome(15)]]);
  expect(one).toMatch(
    /^\*\*Goals met: 1 of 1\.\*\*\n\ndate: \S+; rounds: 3; node: v20\.\n\n\*\*Group/,
  );
  expect(one).not.toContain('Run by run');
  const two = sectionOf(facts, [[outcome(15)], [outcome(45)]]);
  expect(two).toContain('**Goals met: 0 of 1.** Medians of ratios within 10 % of each other: 0 of');
  expect(two).toContain('### Run by run');
  expect(two).toContain('| row | 1.50 | 4.50 | 200.0 % |');
});

const titles = ['System V queues', 'Futexes', 'The mutex', 'Eventfds', 'The channel'];

describe('a document', () => {
  const met = sectionOf(facts, [[outcome(15)]]);
  const missed = sectionOf({ ...facts, rounds: '5' }, [[outcome(45)], [outcome(45)]]);
  const of = (title: string, text: string): Section => ({ titles, title, text });
  const headings = (text: string): string[] => text.match(/^## .*$/gm) ?? [];

  test('has the facilities in their order, and their goals in its head', () => {
    const text = replaced(replaced('', of('The channel', met)), of('System V queues', missed));
    expect(headings(text)).toEqual(['## System V queues', '## The channel']);
    expect(text).toMatch(/^# Benchmark: results\n/);
    expect(text).toContain('**Goals met in all: 1 of 2.**');
    expect(text).toContain(
      '| [System V queues](#system-v-queues) | 2026-11-29 11:45 | 5 | 0 of 1 | 1 of 1 |',
    );
    expect(text).toContain('| [The channel](#the-channel) | 2026-11-29 11:45 | 3 | 1 of 1 | - |');
  });

  test('keeps what somebody wrote, and all sections but the one that is new', () => {
    const before = `# Old\n\nhead\n\n## The channel\n\nold\n\n## This machine\n\n- is **slow**\n\n## Futexes\n\n**Goals met: 4 of 5.**\n`;
    const text = replaced(before, of('The channel', met));
    expect(headings(text)).toEqual(['## This machine', '## Futexes', '## The channel']);
    expect(text).toContain(
      '## This machine\n\n- is **slow**\n\n## Futexes\n\n**Goals met: 4 of 5.**',
    );
    expect(text).not.toMatch(/old|head\n/);
    expect(text).toContain('**Goals met in all: 5 of 6.**');
    expect(text).toContain('| [Futexes](#futexes) | - | - | 4 of 5 | - |');
    // Again and again it is the same.
    expect(replaced(text, of('The channel', met))).toBe(text);
  });

  test('keeps two sections of one title', () => {
    const before = '## Notes\n\nfirst\n\n## The channel\n\nold\n\n## Notes\n\nsecond\n';
    const text = replaced(before, of('The channel', met));
    expect(headings(text)).toEqual(['## Notes', '## Notes', '## The channel']);
    expect(text).toContain('## Notes\n\nfirst\n\n## Notes\n\nsecond\n');
  });

  test.each([
    ['```sh\n## Futexes\n```'],
    ['~~~\n```\n## Futexes\n~~~'],
    ['  ````md\n```\n## Futexes\n``` more\n````'],
    ['```\n## Futexes\n```sh\n## Futexes\n```'],
  ])('takes no line of code for a heading: %j', (code) => {
    const before = `## Notes\n\nhow:\n\n${code}\n\nthat is all\n\n## Futexes\n\nold\n`;
    const text = replaced(before, of('Futexes', met));
    expect(text).toContain(`\n## Notes\n\nhow:\n\n${code}\n\nthat is all\n\n## Futexes\n\n${met}`);
    expect(text).not.toContain('old');
    expect(text.match(/^\| \[.*$/gm)).toHaveLength(1);
  });

  test('a line with code in it opens no fence', () => {
    const before = '## Notes\n\n``` a ``` b\n\n## Futexes\n\nold\n';
    const text = replaced(before, of('Futexes', met));
    expect(headings(text)).toEqual(['## Notes', '## Futexes']);
    expect(text).not.toContain('old');
  });

  test('stays where a link leads to', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-document-'));
    const [file, link] = [path.join(folder, 'results.md'), path.join(folder, 'link.md')];
    try {
      writeFileSync(file, '## Notes\n\nby hand\n');
      symlinkSync('results.md', link);
      updateDocument(link, of('The mutex', met));
      expect(headings(readFileSync(file, 'utf8'))).toEqual(['## Notes', '## The mutex']);
      expect(readlinkSync(link)).toBe('results.md');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('is a file that is formatted, in one step', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-document-'));
    const file = path.join(folder, 'results.md');
    try {
      updateDocument(file, of('The mutex', met));
      const first = readFileSync(file, 'utf8');
      expect(first).toContain('| row | 15.0 ns | 10.0 ns | 1.50 (1.50 - 1.50) | <= 2 x C | met |');
      writeFileSync(file, `${first}\n## Notes\n\nby hand\n`);
      updateDocument(file, of('Eventfds', met));
      const second = readFileSync(file, 'utf8');
      expect(headings(second)).toEqual(['## Notes', '## The mutex', '## Eventfds']);
      expect(readdirSync(folder)).toEqual(['results.md']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
