/** All that is said about what was measured: on the terminal, and in the files that were asked for. */

import { agreementsOf, agreementTable, agreementText, pooled } from '../core/agreement';
import { costsOf, costTable } from '../core/costs';
import { writeJson } from '../core/json';
import { replaceFile } from '../core/replace-file';
import { countedOf, goalText, rowsOf, nearOf } from '../core/rows';
import type { Outcome } from '../core/run';
import { table } from '../core/table';
import { tailsOf, tailTable } from '../core/tails';
import type { Options } from '../options';
import { tablesOf } from './document';
import { page } from './page';

const SMOKE = 'A smoke run: the numbers mean nothing.';

/** Whether all that is ours, and all C programs, were right, and the files could be written. */
export async function report(
  facts: Record<string, string>,
  runs: readonly (readonly Outcome[])[],
  options: Options,
): Promise<boolean> {
  const outcomes = pooled(runs);
  const near = nearOf(outcomes);
  const rows = outcomes.flatMap((outcome) => rowsOf(outcome, near));
  const counted = outcomes.map((outcome) => countedOf(outcome, near));
  const agreements = runs.length > 1 ? agreementsOf(runs) : [];
  const smoke = options.effort === 'smoke';
  for (const [name, value] of Object.entries(facts)) console.log(`${name}: ${value}`);
  console.log(table(rows));
  const tails = counted.flatMap(tailsOf);
  if (tails.length > 0) console.log(`Percentiles, in microseconds:\n${tailTable(tails)}`);
  const costs = counted.flatMap(costsOf);
  if (costs.length > 0) console.log(`What a message costs beside time:\n${costTable(costs)}`);
  if (agreements.length > 0) console.log(`Run by run:\n${agreementTable(agreements)}`);
  if (agreements.length > 0 && !smoke) console.log(agreementText(agreements));
  console.log(smoke ? SMOKE : goalText(rows));
  const { json, html, markdown } = options;
  const text = html && (await page({ facts, rows, outcomes: counted, agreements, smoke }));
  const written = [
    isWritten(json, (file) => {
      writeJson(file, facts, outcomes, agreements);
    }),
    isWritten(html, (file) => {
      replaceFile(file, text ?? '');
    }),
    isWritten(markdown, (file) => {
      replaceFile(file, `${noteOf(facts, smoke)}${tablesOf(runs)}`);
    }),
  ];
  return !written.includes(false) && rows.every(({ wrong }) => !wrong);
}

/** What tables alone do not tell: that they are not to be believed, or not all of them. */
function noteOf({ interrupted }: Record<string, string>, smoke: boolean): string {
  const notes = [
    ...(smoke ? [SMOKE] : []),
    ...(interrupted === undefined ? [] : [`Interrupted ${interrupted}.`]),
  ];
  return notes.map((note) => `**${note}**\n\n`).join('');
}

/** Where it is asked for. One that cannot be written does not take the others with it. */
export function isWritten(file: string | undefined, write: (file: string) => void): boolean {
  if (file === undefined) return true;
  try {
    write(file);
    return true;
  } catch (error) {
    console.error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
