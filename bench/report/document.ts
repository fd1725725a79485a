/**
 * A document of all results: a head, sections that somebody wrote, and one for each facility, which is replaced when
 * the facility has been measured anew.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { agreementMarkdown, agreementsOf, agreementText, pooled } from '../core/agreement';
import { costMarkdown, costsOf } from '../core/costs';
import { countedOf, goalText, nearOf, rowsOf } from '../core/rows';
import { replaceFile } from '../core/replace-file';
import type { Outcome } from '../core/run';
import { markdown } from '../core/table';
import { tailMarkdown, tailsOf } from '../core/tails';

type Facts = Readonly<Record<string, string>>;

/** The tables of one facility, under their titles. */
export function tablesOf(runs: readonly (readonly Outcome[])[]): string {
  const outcomes = pooled(runs);
  const near = nearOf(outcomes);
  const counted = outcomes.map((outcome) => countedOf(outcome, near));
  const tables = {
    '': markdown(outcomes.flatMap((outcome) => rowsOf(outcome, near))),
    'Percentiles, in microseconds': tailMarkdown(counted.flatMap(tailsOf)),
    'What a message costs beside time': costMarkdown(counted.flatMap(costsOf)),
    'Run by run': runs.length > 1 ? agreementMarkdown(agreementsOf(runs)) : '',
  };
  return Object.entries(tables)
    .filter(([, text]) => text !== '')
    .map(([title, text]) => (title === '' ? text : `### ${title}\n\n${text}`))
    .join('\n');
}

/** What was measured of a facility: what came of its goals, how it was measured, and the tables. */
export function sectionOf(facts: Facts, runs: readonly (readonly Outcome[])[]): string {
  const outcomes = pooled(runs);
  const rows = outcomes.flatMap((outcome) => rowsOf(outcome, nearOf(outcomes)));
  const agreed = runs.length > 1 ? ` ${agreementText(agreementsOf(runs))}` : '';
  const how = Object.entries(facts).map(([name, value]) => `${name}: ${value}`);
  return `**${goalText(rows)}**${agreed}\n\n${how.join('; ')}.\n\n${tablesOf(runs)}`;
}

interface Part {
  title: string;
  text: string;
}

/** The fence that a line leaves open, if any: one ends at another that is as long, with nothing behind it. */
function fenceAfter(line: string, open: string): string {
  const [, fence = '', more = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
  if (open === '') return fence.startsWith('`') && more.includes('`') ? '' : fence;
  return fence.startsWith(open) && more.trim() === '' ? '' : open;
}

/** As they come, two of one title as well; what is before the first one is left out. */
function sectionsIn(document: string): Part[] {
  const parts: string[][] = [];
  let fence = '';
  for (const line of document.split('\n')) {
    if (fence === '' && line.startsWith('## ')) parts.push([]);
    fence = fenceAfter(line, fence);
    parts.at(-1)?.push(line);
  }
  return parts.map(([title = '', ...lines]) => ({
    title: title.slice('## '.length).trim(),
    text: lines.join('\n').trim(),
  }));
}

/** One facility's part of a document. `titles`: those of all facilities, in their order. */
export interface Section extends Part {
  titles: readonly string[];
}

/** The document with one section anew; those by hand come first, then the facilities in their order. */
export function replaced(document: string, { titles, title, text }: Section): string {
  const others = sectionsIn(document).filter((part) => part.title !== title);
  const sections = [...others, { title, text }];
  const byHand = sections.filter((part) => !titles.includes(part.title));
  const measured = titles.flatMap((one) => sections.filter((part) => part.title === one));
  const texts = [...byHand, ...measured].map((part) => `## ${part.title}\n\n${part.text}\n`);
  return `${headOf(measured)}\n${texts.join('\n')}`;
}

const GOALS = /Goals met: (\d+) of (\d+)/;

/** Of all sections, by what they say. */
function headOf(sections: readonly Part[]): string {
  const lines = sections.map(({ title, text }) => {
    const [, date = '-', time = ''] = /date: (\S+)T(\d+:\d+)/.exec(text) ?? [];
    const [, rounds = '-'] = /rounds: ([^;]+);/.exec(text) ?? [];
    const [, met = '0', of = '0'] = GOALS.exec(text) ?? [];
    const [, agreed = '-'] = /of each other: (\d+ of \d+)/.exec(text) ?? [];
    const link = `[${title}](#${title.toLowerCase().replaceAll(' ', '-')})`;
    return `| ${[link, `${date} ${time}`.trim(), rounds, `${met} of ${of}`, agreed].join(' | ')} |`;
  });
  const sum = (i: 1 | 2): number =>
    sections.reduce((all, { text }) => all + Number(GOALS.exec(text)?.[i] ?? 0), 0);
  return `# Benchmark: results

What [the benchmark](benchmark.md) has measured, facility by facility: each section says when, where and how.
\`npm run bench -- --document FILE\` measures all of it anew. **Goals met in all: ${String(sum(1))} of ${String(sum(2))}.**

| facility | measured (UTC) | rounds | goals met | medians of runs within 10 % |
| -------- | -------------- | ------ | --------- | --------------------------- |
${lines.join('\n')}
`;
}

/** The file as it should be. */
export function updateDocument(file: string, section: Section): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  replaceFile(file, formatted(replaced(before, section)));
}

function formatted(text: string): string {
  const prettier = path.join(path.dirname(require.resolve('prettier/package.json')), 'bin');
  const args = [path.join(prettier, 'prettier.cjs'), '--parser=markdown', '--print-width=100'];
  return execFileSync(process.execPath, args, { input: text, encoding: 'utf8' });
}
