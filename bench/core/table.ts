/** The report on the terminal, and the same for a document. */

import type { WriteStream } from 'node:tty';
import Table from 'cli-table3';
import { outlierText } from './outliers';
import type { Row } from './rows';
import type { Spread } from './stats';

interface Titled {
  group: string;
  name: string;
  figure?: string;
}

type Cell = string | { colSpan: number; content: string };

export const HEAD = ['', 'ours', 'C', 'ratio (min - max)', 'p99 ours / C', 'goal', ''];

export function table(rows: readonly Row[]): string {
  return drawn(HEAD, rows, ({ trouble, ...row }) =>
    trouble === undefined ? cells(row) : [{ colSpan: HEAD.length - 1, content: trouble }],
  );
}

/** A terminal that has colours, and whose user wants them: NO_COLOR. */
export function isColourful(stdout: Partial<WriteStream> = process.stdout): boolean {
  return stdout.isTTY === true && stdout.hasColors?.() === true;
}

/** Lines under their groups; all columns but the first and the last are numbers. */
export function drawn<T extends Titled>(
  head: readonly string[],
  lines: readonly T[],
  cellsOf: (line: T) => Cell[],
): string {
  const result = new Table({
    head: [...head],
    style: isColourful()
      ? { head: ['bold'], border: ['gray'], compact: true }
      : { head: [], border: [], compact: true },
    colAligns: head.map((_, i) => (i > 0 && i < head.length - 1 ? 'right' : 'left')),
  });
  for (const [group, members] of grouped(lines)) {
    result.push([{ colSpan: head.length, content: group }]);
    for (const line of members) result.push([`  ${titleOf(line)}`, ...cellsOf(line)]);
  }
  return result.toString();
}

export function markdown(rows: readonly Row[]): string {
  return written(HEAD, rows, (row) =>
    row.trouble === undefined ? cells(row) : [row.trouble, '', '', '', '', ''],
  );
}

/** As `drawn`, in Markdown; without columns in which nothing stands. */
export function written<T extends Titled>(
  head: readonly string[],
  lines: readonly T[],
  cellsOf: (line: T) => string[],
): string {
  const rules = head.map((_, i) => (i > 0 && i < head.length - 1 ? '--:' : '---'));
  return grouped(lines)
    .map(([group, members]) => {
      const cells = members.map((one) => [titleOf(one), ...cellsOf(one)]);
      const isUsed = used(cells);
      const line = (texts: readonly string[]): string =>
        `| ${texts.filter(isUsed).join(' | ')} |\n`;
      return `**${group}**\n\n${[head, rules, ...cells].map(line).join('')}`;
    })
    .join('\n');
}

/** For `filter`: whether anything stands in a column of these lines. */
export function used(lines: readonly (readonly string[])[]): (text: string, i: number) => boolean {
  return (_, i) => lines.some((texts) => (texts[i] ?? '') !== '');
}

export function grouped<T extends Titled>(rows: readonly T[]): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return [...groups];
}

export function titleOf({ name, figure = '' }: Titled): string {
  return figure === '' ? name : `${name}: ${figure}`;
}

export function cells(row: Row): string[] {
  const { ratio, p99, goal } = row;
  return [
    amount(row.subject, row.unit),
    amount(row.baseline, row.unit),
    ratio === undefined ? '' : spreadText(ratio),
    p99 === undefined ? '' : `${amount(p99.subject, '')} / ${amount(p99.baseline, '')}`,
    goal === undefined
      ? ''
      : `${goal.better === 'less' ? '<=' : '>='} ${String(Number(goal.limit.toPrecision(3)))} ${goal.of === 'ratio' ? 'x C' : row.unit}`.trim(),
    remarks(row),
  ];
}

/** Two digits at least: of what is a hundred times as quick "0.01" would say little. */
export function ratioText(ratio: number): string {
  return ratio >= 0.095 || ratio === 0 ? ratio.toFixed(2) : ratio.toPrecision(2);
}

/** The median of ratios, from the smallest to the largest. */
export function spreadText({ median, min, max }: Spread): string {
  return `${ratioText(median)} (${ratioText(min)} - ${ratioText(max)})`;
}

function remarks(row: Row): string {
  const words: string[] = [];
  if (row.goal !== undefined) words.push(row.goal.met ? 'met' : 'MISSED');
  if (row.far > 0) words.push(`${String(row.far)} of ${String(row.rounds)} far`);
  if ((row.moved ?? 0) > 0) words.push(`${String(row.moved)} of ${String(row.rounds)} moved`);
  if (row.outliers.length > 0) words.push(`outliers: ${outlierText(row.outliers)}`);
  if (row.unequal > 0) words.push(`${String(row.unequal)} left out`);
  return words.join(', ');
}

export function amount(value: number | undefined, unit: string): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })} ${unit}`.trim();
}
