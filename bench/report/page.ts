/** One HTML file that needs nothing else: the facts, the plots of the transports, and each group with its table. */

import { COST_HEAD, costCells, costsOf, type Cost } from '../core/costs';
import type { Row } from '../core/rows';
import type { Outcome } from '../core/run';
import { cells, grouped, HEAD, titleOf } from '../core/table';
import { latencies, ratioDots, ratios, throughput } from './charts';
import { percentiles, rates, ratiosToC, ratiosToNode, sizeText } from './data';
import { style } from './style';

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '');
}

export interface Report {
  facts: Readonly<Record<string, string>>;
  rows: readonly Row[];
  outcomes: readonly Outcome[];
  /** A smoke run's numbers mean nothing, and the page says so. */
  smoke: boolean;
}

export async function page(report: Report): Promise<string> {
  const costs = report.outcomes.flatMap(costsOf);
  const goals = report.rows.flatMap(({ goal }) => goal ?? []);
  const met = goals.filter((goal) => goal.met).length;
  const verdict = report.smoke
    ? 'A smoke run: the numbers mean nothing.'
    : `Goals met: ${String(met)} of ${String(goals.length)}.`;
  const groups = await Promise.all(
    grouped(report.rows).map(([name, rows]) =>
      groupSection(
        name,
        rows,
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
    .map(([name, value]) => `<tr><th>${escape(name)}</th><td>${escape(value)}</td></tr>`)
    .join('')}</table>
${await transportSection(report)}
${groups.join('\n')}
</body>
</html>
`;
}

function figure(svg: string, caption: string): string {
  return `<figure>${svg}<figcaption>${escape(caption)}</figcaption></figure>`;
}

async function transportSection({ outcomes, rows }: Report): Promise<string> {
  const all = rates(outcomes);
  if (all.length === 0) return '';
  const trips = percentiles(outcomes);
  const names = [...new Set([...all, ...trips].map(({ transport }) => transport))];
  const sizes = [...new Set(trips.map(({ size }) => size))];
  const ofSizes = sizes.map(async (size) => {
    const svg = await latencies(
      trips.filter((one) => one.size === size),
      names,
    );
    return figure(svg, `Round trips of ${sizeText(size)}, by percentile. Less is better.`);
  });
  const figures = await Promise.all([
    throughput(all, names).then((svg) => figure(svg, 'One way, by size. More is better.')),
    ratios(ratiosToC(outcomes, rows), "rate, by the C program's", names).then((svg) =>
      figure(svg, 'One way, beside the C program. More is better.'),
    ),
    ratios(ratiosToNode(all), "rate, by the best of Node's own", names).then((svg) =>
      figure(svg, 'One way, ours beside the fastest that Node itself has. More than 1 is faster.'),
    ),
    ...ofSizes,
  ]);
  return `<section><h2>Transports between two Node processes</h2>${figures.join('\n')}</section>`;
}

async function groupSection(
  name: string,
  rows: readonly Row[],
  costs: readonly Cost[],
): Promise<string> {
  const hasRatios = rows.some(({ ratio }) => ratio !== undefined && ratio.min > 0);
  const dots = hasRatios ? figure(await ratioDots(rows), 'Median, smallest and largest.') : '';
  const spent =
    costs.length === 0
      ? ''
      : `<h4>What a message costs beside time</h4>\n${tableOf(COST_HEAD, costs.map(costLine))}`;
  return `<section><h3>${escape(name)}</h3>
${tableOf(HEAD, rows.map(rowCells))}
${dots}
${spent}</section>`;
}

function tableOf(head: readonly string[], lines: readonly string[]): string {
  const titles = head.map((text) => `<th>${escape(text)}</th>`).join('');
  const body = lines.map((line) => `<tr>${line}</tr>`).join('\n');
  return `<div class="wide"><table><thead><tr>${titles}</tr></thead><tbody>
${body}
</tbody></table></div>`;
}

function costLine(cost: Cost): string {
  return [cost.name, ...costCells(cost)].map((text) => `<td>${escape(text)}</td>`).join('');
}

function rowCells(row: Row): string {
  const title = `<td>${escape(titleOf(row))}</td>`;
  if (row.trouble !== undefined) {
    const span = String(HEAD.length - 1);
    return `${title}<td colspan="${span}" class="trouble">${escape(row.trouble)}</td>`;
  }
  const verdict = row.goal === undefined ? '' : row.goal.met ? ' class="met"' : ' class="missed"';
  return (
    title +
    cells(row)
      .map((text, i, all) => `<td${i === all.length - 1 ? verdict : ''}>${escape(text)}</td>`)
      .join('')
  );
}
