import { SHM_DEST, SHM_INFO, SHM_LOCKED, SHM_STAT_ANY, shmctl } from '../syscalls';
import { dateOf } from '../sysv/ipc-perm';
import { kindOf, type Column } from './kind';
import { namedColumns, namedOf, objectsOf, pick, type Named } from './system-v';
import { usersPart } from './users';
import { dateText, NONE, processText } from './words';

interface Segment extends Named {
  size: number;
  attachments: number;
  removed: boolean;
  locked: boolean;
  creatorPid: number;
  lastPid: number;
  attachedAt: Date | undefined;
  detachedAt: Date | undefined;
}

const columns: readonly Column<Segment>[] = [
  ...namedColumns,
  { header: 'bytes', text: ({ size }) => String(size), right: true },
  { header: 'attached', text: ({ attachments }) => String(attachments), right: true },
  { header: 'made by process', text: ({ creatorPid }) => processText(creatorPid) },
  { header: 'last used by', text: ({ lastPid }) => processText(lastPid) },
  { header: 'state', text: stateText },
  { header: 'last attached', text: ({ attachedAt }) => dateText(attachedAt), detail: true },
  { header: 'last detached', text: ({ detachedAt }) => dateText(detachedAt), detail: true },
];

function stateText({ removed, locked }: Segment): string {
  const words = [...(removed ? ['removed'] : []), ...(locked ? ['locked'] : [])];
  return words.length === 0 ? NONE : words.join(', ');
}

function segmentAt(index: number): Segment {
  const ds = shmctl(index, SHM_STAT_ANY);
  const { mode } = ds.shm_perm;
  return {
    ...namedOf(ds.shmid, ds.shm_perm),
    size: ds.shm_segsz,
    attachments: ds.shm_nattch,
    removed: (mode & SHM_DEST) !== 0,
    locked: (mode & SHM_LOCKED) !== 0,
    creatorPid: ds.shm_cpid,
    lastPid: ds.shm_lpid,
    attachedAt: dateOf(ds.shm_atime),
    detachedAt: dateOf(ds.shm_dtime),
  };
}

function all(): Segment[] {
  return objectsOf(shmctl(0, SHM_INFO).index, segmentAt);
}

export const sysvMemory = kindOf<Segment>({
  name: 'sysv-memory',
  property: 'sysvMemory',
  title: 'System V shared memory',
  columns,
  all,
  one: (which) => pick(which, all()),
  parts: ({ id, attachments }) => [usersPart({ segment: id, attachments })],
});
