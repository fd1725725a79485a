import { sysv } from 'posix-ipc';
import { IPC_CREAT, IPC_EXCL, IPC_PRIVATE, IPC_STAT, SHM_HUGETLB } from 'posix-ipc/syscalls';
import { shmctl, shmget } from 'posix-ipc/syscalls';

import { randomKey } from '../support/random-key';
import { adoptSegment, adoptSegmentId, temporarySegment } from '../support/segments';
import { asNobody, inOwnNamespace } from './elsewhere';
import { nextSegmentId, noHugePages, ownNamespace, root, type Need } from './needs';
import { sameness } from './result';
import { absent, different, type Row } from './row';
import { newSegment, segmentObject, SIZE } from './segments';

const { SharedMemory } = sysv;

interface Fields {
  size: number;
  mode: number;
  attachments: number;
  creator: number;
}

function fields({ size, mode, attachments, creator }: Fields): string {
  return [
    `size ${String(size)}, mode ${mode.toString(8)}`,
    `attached ${String(attachments)}, creator ${creator === process.pid ? 'self' : 'other'}`,
  ].join(', ');
}

async function madeByClass(size: number, hugePages?: 'reserved'): Promise<number> {
  return adoptSegment(await SharedMemory.create(IPC_PRIVATE, { size, hugePages })).id;
}

const found: Row[] = [
  {
    id: 'shmget02, shmctl01',
    what: 'the status of a new segment',
    expected: 'size 5000, mode 640, attached 0, creator self',
    c: 'shmget-fields',
    sync: () => {
      const ds = shmctl(newSegment(0o640, 5000), IPC_STAT);
      const { mode } = ds.shm_perm;
      return fields({
        size: ds.shm_segsz,
        mode,
        attachments: ds.shm_nattch,
        creator: ds.shm_cpid,
      });
    },
    promise: async () => {
      const status = await temporarySegment({ size: 5000, mode: 0o640 }).stat();
      return fields({ ...status, creator: status.creatorPid });
    },
  },
  {
    id: 'own',
    what: 'a key that has a segment names it',
    expected: 'same',
    c: 'shmget-same-key',
    sync: () => {
      const { id, key } = segmentObject();
      return sameness(shmget(key, SIZE, 0), id);
    },
    promise: async () => {
      const { id, key } = segmentObject();
      return sameness((await SharedMemory.open(key)).id, id);
    },
  },
  {
    id: 'own',
    what: 'without a size, a segment of any size is found',
    expected: 'same',
    c: 'shmget-no-size',
    sync: () => {
      const { id, key } = segmentObject();
      return sameness(shmget(key, 0, 0), id);
    },
    promise: async () => {
      const { id, key } = segmentObject();
      const opened = await SharedMemory.open(key);
      return opened.size === SIZE ? sameness(opened.id, id) : 'another size';
    },
  },
  {
    id: 'own',
    what: 'IPC_CREAT without IPC_EXCL finds the segment that is there',
    expected: 'same',
    c: 'shmget-create-existing',
    sync: () => {
      const { id, key } = segmentObject();
      return sameness(shmget(key, SIZE, IPC_CREAT | 0o600), id);
    },
    promise: async () => {
      const { id, key } = segmentObject();
      return sameness((await SharedMemory.openOrCreate(key, { size: SIZE })).id, id);
    },
  },
  {
    id: 'own',
    what: 'IPC_PRIVATE makes a segment each time',
    expected: 'different',
    c: 'shmget-private-twice',
    sync: () => sameness(newSegment(), newSegment()),
    promise: async () => sameness(await madeByClass(SIZE), await madeByClass(SIZE)),
  },
  {
    id: 'own',
    what: 'the umask takes nothing from the mode',
    expected: '666',
    c: 'shmget-mode-ignores-umask',
    sync: () => shmctl(newSegment(0o666), IPC_STAT).shm_perm.mode.toString(8),
    promise: async () => (await segmentObject(0o666).stat()).mode.toString(8),
  },
  {
    id: 'own',
    what: 'a segment of one byte has the size that was asked for',
    expected: '1',
    c: 'shmget-smallest',
    sync: () => shmctl(newSegment(0o600, 1), IPC_STAT).shm_segsz,
    promise: async () => (await temporarySegment({ size: 1 }).stat()).size,
  },
];

const refused: Row[] = [
  {
    id: 'shmget02',
    what: 'IPC_CREAT | IPC_EXCL of a key that has a segment',
    expected: 'EEXIST',
    c: 'shmget-exists',
    sync: () => shmget(segmentObject().key, SIZE, IPC_CREAT | IPC_EXCL | 0o600),
    promise: async () => (await SharedMemory.create(segmentObject().key, { size: SIZE })).id,
  },
  {
    id: 'shmget02',
    what: 'a key that has no segment, without IPC_CREAT',
    expected: 'ENOENT',
    c: 'shmget-absent',
    sync: () => shmget(randomKey(), SIZE, 0o600),
    promise: async () => (await SharedMemory.open(randomKey())).id,
  },
  {
    id: 'own',
    what: 'IPC_EXCL alone makes nothing',
    expected: 'ENOENT',
    c: 'shmget-absent-exclusive',
    sync: () => shmget(randomKey(), SIZE, IPC_EXCL | 0o600),
    promise: absent('create always passes IPC_CREAT, open passes no flag'),
  },
  {
    id: 'shmget02',
    what: 'a new segment of no bytes',
    expected: 'EINVAL',
    c: 'shmget-none',
    sync: () => adoptSegmentId(shmget(IPC_PRIVATE, 0, 0o600)),
    promise: different('ERR_OUT_OF_RANGE', 'the size is checked before the call', () =>
      madeByClass(0),
    ),
  },
  {
    id: 'shmget02',
    what: 'the segment that is there is smaller',
    expected: 'EINVAL',
    c: 'shmget-too-small',
    sync: () => shmget(segmentObject().key, SIZE + 1, 0o600),
    promise: async () => {
      const { key } = segmentObject();
      return (await SharedMemory.openOrCreate(key, { size: SIZE + 1 })).id;
    },
  },
  denied('read', { mode: 0o600, call: 'shmget-read', first: 'segment-stat' }),
  denied('write', { mode: 0o644, call: 'shmget-write', first: 'segment-attach' }),
  denied('read and write', { mode: 0o600, call: 'shmget-both', first: 'segment-attach' }),
  {
    id: 'shmget02',
    what: 'huge pages without the permission to use them',
    expected: 'EPERM',
    c: 'shmget-denied-huge',
    sync: () => asNobody('shmget-huge', 0),
    promise: () => asNobody('segment-huge', 0),
    needs: noHugePages,
  },
  {
    id: 'shmget02',
    what: 'huge pages where none are reserved',
    expected: 'ENOMEM',
    c: 'shmget-no-huge',
    sync: () => adoptSegmentId(shmget(IPC_PRIVATE, SIZE, SHM_HUGETLB | 0o600)),
    promise: () => madeByClass(SIZE, 'reserved'),
    needs: noHugePages,
  },
];

interface Denial {
  mode: number;
  call: string;
  /** Class objects open a segment with no flags: the first call that needs a permission is told. */
  first: string;
}

function denied(what: string, { mode, call, first }: Denial): Row {
  return {
    id: 'shmget04',
    what: `a segment of another user is opened to ${what} it`,
    expected: 'EACCES',
    c: call.replace('shmget-', 'shmget-denied-'),
    sync: () => asNobody(call, segmentObject(mode).key),
    promise: () => asNobody(first, segmentObject(mode).key),
    needs: root,
  };
}

function limited(id: string, what: string, expected: string, name: string, needs?: Need): Row {
  return {
    id,
    what,
    expected,
    c: `shmget-${name}`,
    sync: () => inOwnNamespace(`shmget-${name}`),
    promise: () => inOwnNamespace(`segment-${name}`),
    needs: needs ?? ownNamespace,
  };
}

const limits: Row[] = [
  limited('shmget02', 'a segment larger than kernel.shmmax', 'EINVAL', 'too-large'),
  limited('shmget03', 'one segment more than kernel.shmmni', 'ENOSPC', 'too-many'),
  limited('own', 'more pages in all segments than kernel.shmall', 'ENOSPC', 'too-many-pages'),
  limited(
    'shmget05',
    'kernel.shm_next_id chooses the id of the next segment',
    '7',
    'next-id',
    nextSegmentId,
  ),
  limited('shmget05', 'kernel.shm_next_id is used once', '-1', 'next-id-used-up', nextSegmentId),
  limited(
    'shmget06',
    'a kernel.shm_next_id that is taken gives another id',
    'different',
    'next-id-taken',
    nextSegmentId,
  ),
];

export const shmgetRows: Row[] = [...found, ...refused, ...limits];
