/** How a table of rows becomes tests. */

import { isSanitized, testIf } from '../support/machine';
import { inC } from './elsewhere';
import { absentBecause } from './needs';
import { resultOf } from './result';
import { caseOf, type Case, type Row } from './row';

/** All interfaces that have rows in the C program, by the test file that has theirs. */
const interfaces = {
  'system-v-messages': ['msgget', 'msgsnd', 'msgrcv', 'msgctl'],
  'system-v-semaphores': ['semget', 'semop', 'semctl'],
  'system-v-shared-memory': ['shmget', 'shmat', 'shmdt', 'shmctl'],
  'posix-messages': [
    'mq_open',
    'mq_close',
    'mq_unlink',
    'mq_send',
    'mq_receive',
    'mq_timedsend',
    'mq_timedreceive',
    'mq_notify',
    'mq_getattr',
    'mq_setattr',
  ],
  'posix-semaphores': [
    'sem_open',
    'sem_close',
    'sem_unlink',
    'sem_wait',
    'sem_trywait',
    'sem_timedwait',
    'sem_clockwait',
    'sem_post',
    'sem_getvalue',
    'sem_init',
    'sem_destroy',
  ],
  'posix-shared-memory': ['shm_open', 'shm_unlink'],
  memory: ['mmap', 'munmap', 'msync', 'memfd'],
  futex: ['futex'],
  mutex: ['mutex'],
  eventfd: ['eventfd'],
  'file-locks': ['fcntl', 'ofd', 'flock', 'lockf'],
  'processes-and-signals': ['sigqueue', 'pidfd'],
  'unix-sockets': ['bind', 'connect', 'listen', 'accept', 'message', 'fdpass', 'ctrunc', 'cred'],
  'pipes-and-fifos': ['pipe', 'mkfifo', 'fifo', 'splice', 'tee', 'vmsplice'],
} as const;

type TestFile = keyof typeof interfaces;

async function hold({ run, expected }: Case): Promise<void> {
  expect(await resultOf(run)).toBe(expected);
}

function interfaceOf(row: string): string {
  return row.slice(0, row.indexOf('-'));
}

/** Tests of all rows of a file; the names are what the second and the third column are called. */
export function testTable<F extends TestFile>(
  file: F,
  columns: [sync: string, promise: string],
  rows: Record<(typeof interfaces)[F][number], readonly Row[]>,
): void {
  const tables = Object.entries<readonly Row[]>(rows);
  describe.each(tables)('%s', (_interface, ofInterface) => {
    for (const row of ofInterface) testRow(row, columns);
  });

  test('every row of the C program stands in the table once', async () => {
    const named = tables.flatMap(([, ofInterface]) => ofInterface.map(({ c }) => c));
    const inProgram = (await inC('--list')).split('\n');
    const own: readonly string[] = interfaces[file];
    const ofFile = inProgram.filter((row) => own.includes(interfaceOf(row)));
    expect(named.toSorted()).toStrictEqual(ofFile.toSorted());
    const known: string[] = Object.values(interfaces).flat();
    expect(inProgram.filter((row) => !known.includes(interfaceOf(row)))).toStrictEqual([]);
  });
}

/** The C program knows nothing of the addon. */
const ofAddon = isSanitized ? absentBecause('a sanitizer looks at the addon') : undefined;

function testRow(row: Row, [sync, promise]: [string, string]): void {
  const cases = [
    { ...caseOf(row, 'C', () => inC(row.c)), ...(ofAddon && { needs: ofAddon }) },
    caseOf(row, sync, row.sync),
    caseOf(row, promise, row.promise),
  ];
  describe(`${row.id} (${row.c}): ${row.what}`, () => {
    for (const one of cases) {
      testIf(one.needs?.isMet ?? true, one.needs?.reason ?? '')(one.name, () => hold(one));
    }
  });
}
