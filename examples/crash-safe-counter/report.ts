import Table from 'cli-table3';

/** One line of the table: a process, and all who were started in its place. */
export interface Row {
  name: string;
  kills: number;
  /** Increments that it has finished. */
  committed: number;
  /** How often it was told that the owner of the mutex had died. */
  recoveries: number;
  /** How often it then took back an increment that was half done. */
  takenBack: number;
}

export interface Counted {
  rows: Row[];
  /** What the counter says in the end. */
  counter: number;
}

export function formatTable({ rows, counter }: Counted): string {
  const table = new Table({
    head: ['Process', 'Kills', 'Recoveries', 'Taken back', 'Increments'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  const sum = { name: 'Sum', kills: 0, committed: 0, recoveries: 0, takenBack: 0 };
  for (const row of rows) {
    table.push(cellsOf(row));
    sum.kills += row.kills;
    sum.committed += row.committed;
    sum.recoveries += row.recoveries;
    sum.takenBack += row.takenBack;
  }
  table.push(cellsOf(sum));
  const verdict = counter === sum.committed ? 'equal' : 'DIFFERENT';
  table.push(['Counter', '', '', verdict, counter.toLocaleString('en')]);
  return table.toString();
}

function cellsOf({ name, kills, recoveries, takenBack, committed }: Row): string[] {
  const numbers = [kills, recoveries, takenBack, committed];
  return [name, ...numbers.map((number) => number.toLocaleString('en'))];
}
