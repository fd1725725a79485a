import { SHM_INFO, SHM_STAT_ANY, shmctl } from '../syscalls';
import { segmentOf, type SegmentStatus } from '../sysv/segment-status';
import { kindOf, type Column } from './kind';
import { namedColumns, objectsOf, pick } from './system-v';
import { usersPart } from './users';
import { dateText, NONE, processText } from './words';

const columns: readonly Column<SegmentStatus>[] = [
  ...namedColumns,
  { header: 'bytes', text: ({ size }) => String(size), right: true },
  { header: 'attached', text: ({ attachments }) => String(attachments), right: true },
  { header: 'made by process', text: ({ creatorPid }) => processText(creatorPid) },
  { header: 'last used by', text: ({ lastPid }) => processText(lastPid) },
  { header: 'state', text: stateText },
  { header: 'last attached', text: ({ attachedAt }) => dateText(attachedAt), detail: true },
  { header: 'last detached', text: ({ detachedAt }) => dateText(detachedAt), detail: true },
];

function stateText({ removed, locked }: SegmentStatus): string {
  const words = [...(removed ? ['removed'] : []), ...(locked ? ['locked'] : [])];
  return words.length === 0 ? NONE : words.join(', ');
}

function segmentAt(index: number): SegmentStatus {
  const ds = shmctl(index, SHM_STAT_ANY);
  return segmentOf(ds.shmid, ds);
}

function all(): SegmentStatus[] {
  return objectsOf(shmctl(0, SHM_INFO).index, segmentAt);
}

export const sysvMemory = kindOf<SegmentStatus>({
  name: 'sysv-memory',
  property: 'sysvMemory',
  title: 'System V shared memory',
  columns,
  all,
  one: (which) => pick(which, all()),
  parts: ({ id, attachments }) => [usersPart({ segment: id, attachments })],
});
