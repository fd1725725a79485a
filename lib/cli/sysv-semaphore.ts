import { GETALL, GETNCNT, GETPID, GETZCNT, SEM_INFO, SEM_STAT_ANY, semctl } from '../syscalls';
import { statusOf, type SemaphoreStatus } from '../sysv/semaphore-status';
import { ifKnown, kindOf, partOf, type Column, type Part } from './kind';
import { namedColumns, objectsOf, pick } from './system-v';
import { dateText, processText } from './words';

interface Value {
  index: number;
  value: number;
  /** How many wait for the value to rise, and for 0. */
  waiting: number;
  waitingForZero: number;
  lastPid: number;
}

const columns: readonly Column<SemaphoreStatus>[] = [
  ...namedColumns,
  { header: 'semaphores', text: ({ count }) => String(count), right: true },
  { header: 'last operation', text: ({ operatedAt }) => dateText(operatedAt) },
];

const valueColumns: readonly Column<Value>[] = [
  { header: 'index', text: ({ index }) => String(index), right: true },
  { header: 'value', text: ({ value }) => String(value), right: true },
  { header: 'waiting', text: ({ waiting }) => String(waiting), right: true },
  { header: 'for zero', text: ({ waitingForZero }) => String(waitingForZero), right: true },
  { header: 'last changed by', text: ({ lastPid }) => processText(lastPid) },
];

function setAt(index: number): SemaphoreStatus {
  const ds = semctl(index, 0, SEM_STAT_ANY);
  return statusOf(ds.semid, ds);
}

function all(): SemaphoreStatus[] {
  return objectsOf(semctl(0, 0, SEM_INFO).index, setAt);
}

/** One after the other: only the values are of one moment. */
function valuesOf(id: number): Value[] {
  return semctl(id, 0, GETALL).map((value, index) => ({
    index,
    value,
    waiting: semctl(id, index, GETNCNT),
    waitingForZero: semctl(id, index, GETZCNT),
    lastPid: semctl(id, index, GETPID),
  }));
}

function contentOf({ id }: SemaphoreStatus, most: number): Part {
  const notes: string[] = [];
  const values = ifKnown(() => valuesOf(id), notes);
  if (values !== null && values.length > most) notes.push(`${String(values.length - most)} more`);
  return partOf('content', 'Semaphores', valueColumns, values?.slice(0, most) ?? null, notes);
}

export const sysvSemaphore = kindOf<SemaphoreStatus>({
  name: 'sysv-semaphore',
  property: 'sysvSemaphores',
  title: 'System V semaphore sets',
  columns,
  all,
  one: (which) => pick(which, all()),
  parts: (set, most) => [contentOf(set, most)],
});
