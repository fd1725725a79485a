/** The report on the terminal, and the same for a document. */

import Table from 'cli-table3';
import type { Row } from './rows';

export const HEAD = ['', 'ours', 'C', 'ratio (min - max)', 'p99 ours / C', 'goal', ''];

export function table(rows: readonly Row[]): string {
  const result = new Table({
    head: HEAD,
    style: process.stdout.isTTY
      ? { head: ['bold'], border: ['gray'], compact: true }
      : { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
  });
  for (const [group, members] of grouped(rows)) {
    result.push([{ colSpan: HEAD.length, content: group }]);
    for (const row of members) {
      const { trouble } = row;
      if (trouble === undefined) result.push([`  ${titleOf(row)}`, ...cells(row)]);
      else result.push([`  ${titleOf(row)}`, { colSpan: HEAD.length - 1, content: trouble }]);
    }
  }
  return result.toString();
}

export function markdown(rows: readonly Row[]): string {
  const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |\n`;
  const rules = HEAD.map((_, i) => (i > 0 && i < HEAD.length - 1 ? '--:' : '---'));
  return grouped(rows)
    .map(([group, members]) => {
      const lines = members.map((row) =>
        line([
          titleOf(row),
          ...(row.trouble === undefined ? cells(row) : [row.trouble, '', '', '', '', '']),
        ]),
      );
      return `**${group}**\n\n${line(HEAD)}${line(rules)}${lines.join('')}`;
    })
    .join('\n');
}

export function grouped(rows: readonly Row[]): [string, Row[]][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return [...groups];
}

export function titleOf({ name, figure }: Row): string {
  return figure === '' ? name : `${name}: ${figure}`;
}

export function cells(row: Row): string[] {
  const { ratio, p99, goal } = row;
  return [
    amount(row.subject, row.unit),
    amount(row.baseline, row.unit),
    ratio === undefined
      ? ''
      : `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} - ${ratio.max.toFixed(2)})`,
    p99 === undefined ? '' : `${amount(p99.subject, '')} / ${amount(p99.baseline, '')}`,
    goal === undefined
      ? ''
      : `${goal.better === 'less' ? '<=' : '>='} ${String(goal.limit)} ${goal.of === 'ratio' ? 'x C' : row.unit}`.trim(),
    remarks(row),
  ];
}

function remarks(row: Row): string {
  const words: string[] = [];
  if (row.goal !== undefined) words.push(row.goal.met ? 'met' : 'MISSED');
  if (row.far > 0) words.push(`${String(row.far)} of ${String(row.rounds)} far`);
  if (row.unequal > 0) words.push(`${String(row.unequal)} left out`);
  return words.join(', ');
}

function amount(value: number | undefined, unit: string): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })} ${unit}`.trim();
}
