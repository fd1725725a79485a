/** One HTML file that needs nothing else: the facts, the plots of the transports, and each group with its table. */

import { agreementCells, agreementHead, agreementText, type Agreement } from '../core/agreement';
import { COST_HEAD, costCells, costsOf, type Cost } from '../core/costs';
import { goalText, type Row } from '../core/rows';
import type { Outcome } from '../core/run';
import { cells, grouped, HEAD, titleOf, used } from '../core/table';
import { TAIL_HEAD, tailCells, tailsOf, type Tail } from '../core/tails';
import { ratioDots } from './charts';
import { escape, figure } from './html';
import { style } from './style';
import { transportSection } from './transports';

export interface Report {
  facts: Readonly<Record<string, string>>;
  rows: readonly Row[];
  /** With the rounds that count. */
  outcomes: readonly Outcome[];
  /** Of several runs. */
  agreements: readonly Agreement[];
  /** A smoke run's numbers mean nothing, and the page says so. */
  smoke: boolean;
}

export async function page(report: Report): Promise<string> {
  const costs = report.outcomes.flatMap(costsOf);
  const tails = report.outcomes.flatMap(tailsOf);
  const verdict = report.smoke ? 'A smoke run: the numbers mean nothing.' : goalText(report.rows);
  const groups = await Promise.all(
    grouped(report.rows).map(([name, rows]) =>
      groupSection(
        name,
        rows,
        tails.filter(({ group }) => group === name),
        costs.filter(({ group }) => group === name),
      ),
    ),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>posix-ipc benchmark</title>
<style>${style}</style>
</head>
<body>
<h1>posix-ipc benchmark</h1>
<p>${verdict} A ratio compares two programs that ran in the same minute; absolute numbers belong to this machine.</p>
<table class="facts">${Object.entries(report.facts)
    .map(
      ([name, value]) => `<tr><th scope="row">${escape(name)}</th><td>${escape(value)}</td></tr>`,
    )
    .join('')}</table>
${await transportSection(report.outcomes, report.rows)}
<h2>Row by row</h2>
${groups.join('\n')}
${agreementSection(report)}
</body>
</html>
`;
}

/** Nothing where there was one run. */
function agreementSection({ agreements, smoke }: Report): string {
  if (agreements.length === 0) return '';
  const sections = grouped(agreements).map(([name, all]) => {
    const lines = all.map((one) => ({ ...one, name: titleOf(one) }));
    return titled(name, agreementHead(all[0]?.medians.length ?? 0), lines, agreementCells);
  });
  const verdict = smoke ? '' : `<p>${escape(agreementText(agreements))}</p>`;
  return `<section><h3>Run by run</h3>${verdict}\n${sections.join('\n')}</section>`;
}

async function groupSection(
  name: string,
  rows: readonly Row[],
  tails: readonly Tail[],
  costs: readonly Cost[],
): Promise<string> {
  const hasRatios = rows.some(({ ratio }) => ratio !== undefined && ratio.min > 0);
  const dots = hasRatios ? figure(await ratioDots(rows), 'Median, smallest and largest.') : '';
  const late = titled('Percentiles, in microseconds', TAIL_HEAD, tails, tailCells);
  const spent = titled('What a message costs beside time', COST_HEAD, costs, costCells);
  return `<section><h3>${escape(name)}</h3>
${rowTable(rows)}
${dots}
${late}
${spent}</section>`;
}

function tableOf(head: readonly string[], lines: readonly string[]): string {
  const titles = head.map((text) => `<th scope="col">${escape(text)}</th>`).join('');
  const body = lines.map((line) => `<tr>${line}</tr>`).join('\n');
  return `<div class="wide"><table><thead><tr>${titles}</tr></thead><tbody>
${body}
</tbody></table></div>`;
}

/** Nothing where there are no lines; without columns in which nothing stands. */
function titled<T extends { name: string }>(
  title: string,
  head: readonly string[],
  lines: readonly T[],
  cellsOf: (line: T) => string[],
): string {
  if (lines.length === 0) return '';
  const all = lines.map((line) => [line.name, ...cellsOf(line)]);
  const isUsed = used(all);
  const texts = all.map((line) => {
    const [name = '', ...others] = line.filter(isUsed).map(escape);
    return `${rowTitle(name)}${others.map((text) => `<td>${text}</td>`).join('')}`;
  });
  return `<h4>${escape(title)}</h4>\n${tableOf(head.filter(isUsed), texts)}`;
}

/** Who reads only a cell is told whose it is. */
function rowTitle(text: string): string {
  return `<th scope="row">${text}</th>`;
}

function rowTable(rows: readonly Row[]): string {
  const all = rows.map((row) => [
    titleOf(row),
    ...(row.trouble === undefined ? cells(row) : [row.trouble]),
  ]);
  const isUsed = used(all);
  const head = HEAD.filter(isUsed);
  const lines = rows.map((row, i) => rowCells(row, (all[i] ?? []).filter(isUsed), head.length));
  return tableOf(head, lines);
}

function rowCells(row: Row, texts: readonly string[], columns: number): string {
  const [title = '', ...others] = texts.map(escape);
  if (row.trouble !== undefined) {
    const span = String(columns - 1);
    return `${rowTitle(title)}<td colspan="${span}" class="trouble">${others.join('')}</td>`;
  }
  const verdict = row.goal === undefined ? '' : row.goal.met ? ' class="met"' : ' class="missed"';
  const last = others.pop() ?? '';
  return `${rowTitle(title)}${others.map((text) => `<td>${text}</td>`).join('')}<td${verdict}>${last}</td>`;
}
