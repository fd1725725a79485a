/**
 * System V messages: C, posix-ipc/syscalls and sysv.MessageQueue agree.
 *
 * The ids are those of the Linux Test Project and of gVisor's tests; texts and code are our own.
 */

import { testIf } from '../support/machine';
import { inC } from './elsewhere';
import { msgctlRows } from './msgctl';
import { msggetRows } from './msgget';
import { msgrcvRows } from './msgrcv';
import { msgsndRows } from './msgsnd';
import { resultOf } from './result';
import { caseOf, type Case, type Row } from './row';

jest.setTimeout(60_000);

const tables: [call: string, rows: Row[]][] = [
  ['msgget', msggetRows],
  ['msgsnd', msgsndRows],
  ['msgrcv', msgrcvRows],
  ['msgctl', msgctlRows],
];

async function hold({ run, expected }: Case): Promise<void> {
  expect(await resultOf(run)).toBe(expected);
}

describe.each(tables)('%s', (_call, rows) => {
  for (const row of rows) {
    const cases = [
      caseOf(row, 'C', () => inC(row.c)),
      caseOf(row, 'syscalls', row.sync),
      caseOf(row, 'MessageQueue', row.promise),
    ];
    describe(`${row.id} (${row.c}): ${row.what}`, () => {
      for (const one of cases) {
        testIf(one.needs?.isMet ?? true, one.needs?.reason ?? '')(one.name, () => hold(one));
      }
    });
  }
});

test('every row of the C program stands in the table once', async () => {
  const named = tables.flatMap(([, rows]) => rows.map(({ c }) => c));
  const inProgram = (await inC('--list')).split('\n');
  expect(named.toSorted()).toStrictEqual(inProgram.toSorted());
});
