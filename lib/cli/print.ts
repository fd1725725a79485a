import type { Listing, Kind, Shown, Table } from './kind';
import { keyText, modeText, printable } from './words';

/** Between two columns. */
const GAP = '  ';

/** A table in lines; what is in no column cannot break one. */
export function tableText({ title, headers, rows, notes }: Table): string {
  const cells = rows.length === 0 ? [] : [headers.map(({ text }) => text.toUpperCase()), ...rows];
  const widths = headers.map((_, i) =>
    cells.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), 0),
  );
  const lines = cells.map((row) =>
    row
      .map((text, i) => {
        const width = widths[i] ?? 0;
        return headers[i]?.right === true ? text.padStart(width) : text.padEnd(width);
      })
      .join(GAP)
      .trimEnd(),
  );
  const none = rows.length === 0 && notes.length === 0 ? ['none'] : [];
  return [
    title,
    ...[...lines, ...none, ...notes.map(printable)].map((line) => `${GAP}${line}`),
    '',
  ].join('\n');
}

export function listingText(listings: readonly Listing[]): string {
  return listings.map(({ table }) => tableText(table)).join('\n');
}

export function shownText({ lines, tables }: Shown): string {
  const width = Math.max(...lines.map(([what]) => what.length));
  const own = lines.map(([what, text]) => `${what.padEnd(width)}${GAP}${text}\n`).join('');
  return [own, ...tables.map(tableText)].join('\n');
}

export function listingJson(kinds: readonly Kind[], listings: readonly Listing[]): string {
  const objects = kinds.map(({ property }, i) => [property, listings[i]?.objects]);
  const notes = kinds.map(({ property }, i) => [property, listings[i]?.table.notes]);
  return json(Object.fromEntries([...objects, ['notes', Object.fromEntries(notes) as object]]));
}

/** What is not known is null; keys and permissions are as people write them. */
export function json(value: unknown): string {
  const text = JSON.stringify(
    value,
    (name, one: unknown) => {
      if (typeof one !== 'number') return one ?? null;
      if (name === 'key') return keyText(one);
      return name === 'mode' ? modeText(one) : one;
    },
    2,
  );
  return `${text.replace(/[\u007f-\u009f\p{Cf}\u2028\u2029]/gu, escaped)}\n`;
}

/** What JSON leaves as it is, and a terminal does not. */
function escaped(text: string): string {
  return text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
