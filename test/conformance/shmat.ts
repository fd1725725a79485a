import type { memory } from 'posix-ipc';
import {
  IPC_RMID,
  IPC_STAT,
  SHM_RDONLY,
  SHM_REMAP,
  shmat,
  shmctl,
  shmdt,
} from 'posix-ipc/syscalls';

import { adoptAttached } from '../support/segments';
import { asNobody, inOther } from './elsewhere';
import { root } from './needs';
import type { Result } from './result';
import { absent, different, type Row } from './row';
import {
  attached,
  attachedObject,
  newSegment,
  NO_ID,
  removedObject,
  removedSegment,
  segmentObject,
  textIn,
} from './segments';

const kernelChooses = 'the kernel chooses the address';
const noAddress = absent('the class has no addresses');

function at(address: number): Result {
  shmat(newSegment(), address as never, 0);
  return undefined;
}

function sumOf(mapping: memory.Mapping): number {
  return mapping.bytes.reduce((sum, byte) => sum + byte, 0);
}

const attaching: Row[] = [
  {
    id: 'shmat01',
    what: 'at an address that the kernel chooses, a segment of zeroes',
    expected: '0',
    c: 'shmat-zeroes',
    sync: () => sumOf(attached(newSegment())),
    promise: async () => sumOf(await attachedObject(segmentObject())),
  },
  {
    id: 'shmat01',
    what: 'at an address that is aligned',
    expected: 'done',
    c: 'shmat-address',
    sync: different('ERR_INVALID_ARG_TYPE', kernelChooses, () => at(0x1000)),
    promise: noAddress,
  },
  {
    id: 'shmat01',
    what: 'at an address that SHM_RND aligns',
    expected: 'done',
    c: 'shmat-rounded',
    sync: different('ERR_INVALID_ARG_TYPE', kernelChooses, () => at(0x1001)),
    promise: noAddress,
  },
  {
    id: 'shmat02',
    what: 'at an address that is not aligned',
    expected: 'EINVAL',
    c: 'shmat-unaligned',
    sync: different('ERR_INVALID_ARG_TYPE', kernelChooses, () => at(0x1001)),
    promise: noAddress,
  },
  {
    id: 'shmat03',
    what: 'SHM_REMAP without an address',
    expected: 'EINVAL',
    c: 'shmat-remap-nowhere',
    sync: () => shmat(newSegment(), null, SHM_REMAP).length,
    promise: noAddress,
  },
  {
    id: 'own',
    what: 'two attachments in one process are the same memory',
    expected: 'hello',
    c: 'shmat-twice',
    sync: () => {
      const id = newSegment();
      attached(id).bytes.write('hello');
      return textIn(attached(id));
    },
    promise: async () => {
      const segment = segmentObject();
      (await attachedObject(segment)).bytes.write('hello');
      return textIn(await attachedObject(segment));
    },
  },
  {
    id: 'own',
    what: 'what another process writes is seen',
    expected: 'hello',
    c: 'shmat-other-process',
    sync: async () => {
      const { id, key } = segmentObject();
      const mapping = attached(id);
      await inOther('shmat-write', key);
      return textIn(mapping);
    },
    promise: async () => {
      const segment = segmentObject();
      const mapping = await attachedObject(segment);
      await inOther('segment-write', segment.key);
      return textIn(mapping);
    },
  },
  {
    id: 'shmat01',
    what: 'SHM_RDONLY reads',
    expected: 'hello',
    c: 'shmat-read-only',
    sync: () => {
      const id = newSegment();
      attached(id).bytes.write('hello');
      return textIn(attached(id, SHM_RDONLY));
    },
    promise: async () => {
      const segment = segmentObject();
      (await attachedObject(segment)).bytes.write('hello');
      return textIn(await attachedObject(segment, { readOnly: true }));
    },
  },
  {
    id: 'shmat01',
    what: 'a write into memory that was attached with SHM_RDONLY',
    expected: 'SEGV',
    c: 'shmat-write-read-only',
    sync: different('EFAULT', 'write() asks the kernel to copy', () =>
      attached(newSegment(), SHM_RDONLY).write('x'),
    ),
    promise: different('EACCES', 'such memory has no view', async () => {
      const mapping = await attachedObject(segmentObject(), { readOnly: true });
      return mapping.bytes.length;
    }),
  },
  {
    id: 'shmctl01',
    what: 'the segment tells that it was attached, by whom and when',
    expected: 'attached 1, pid self, time set',
    c: 'shmat-told',
    sync: () => {
      const id = newSegment();
      attached(id);
      const { shm_nattch, shm_lpid, shm_atime } = shmctl(id, IPC_STAT);
      return told(shm_nattch, shm_lpid, shm_atime > 0);
    },
    promise: async () => {
      const segment = segmentObject();
      await attachedObject(segment);
      const { attachments, lastPid, attachedAt } = await segment.stat();
      return told(attachments, lastPid, attachedAt !== undefined);
    },
  },
];

function told(attachments: number, pid: number, isTimeSet: boolean): string {
  return [
    `attached ${String(attachments)}`,
    `pid ${pid === process.pid ? 'self' : 'other'}`,
    `time ${isTimeSet ? 'set' : 'unset'}`,
  ].join(', ');
}

function permission(id: string, what: string, rest: Pick<Row, 'expected' | 'c'>, mode: number) {
  return (sync: string, promise: string): Row => ({
    id,
    what,
    ...rest,
    sync: () => asNobody(sync, segmentObject(mode).id),
    promise: () => asNobody(promise, segmentObject(mode).id),
    needs: root,
  });
}

const refused: Row[] = [
  permission(
    'shmat02',
    'without any permission',
    { expected: 'EACCES', c: 'shmat-denied' },
    0o600,
  )('shmat-id', 'segment-attach-id'),
  permission(
    'own',
    'to write, with permission to read only',
    { expected: 'EACCES', c: 'shmat-denied-write' },
    0o644,
  )('shmat-id', 'segment-attach-id'),
  permission(
    'own',
    'with SHM_RDONLY, with permission to read only',
    { expected: 'done', c: 'shmat-read-only-reads-only' },
    0o644,
  )('shmat-id-read-only', 'segment-attach-id-read-only'),
  {
    id: 'shmat02',
    what: 'an id that no segment can have',
    expected: 'EINVAL',
    c: 'shmat-no-such-id',
    sync: () => attached(NO_ID).length,
    promise: absent('no object is made of such an id'),
  },
  {
    id: 'own',
    what: 'the id of a removed segment',
    expected: 'EINVAL',
    c: 'shmat-removed-id',
    sync: () => attached(removedSegment()).length,
    promise: async () => (await attachedObject(removedObject())).length,
  },
];

const removed: Row[] = [
  {
    id: 'AllowsAttachToRemovedSegmentWithRefs',
    what: 'a segment that was removed and is still attached',
    expected: 'hello',
    c: 'shmat-removed-with-attachment',
    sync: () => {
      const id = newSegment();
      attached(id).bytes.write('hello');
      shmctl(id, IPC_RMID);
      return textIn(attached(id));
    },
    promise: async () => {
      const segment = segmentObject();
      (await attachedObject(segment)).bytes.write('hello');
      await segment.remove();
      return textIn(await attachedObject(segment));
    },
  },
  {
    id: 'NoDestructionOfAttachedSegmentWithMultipleRmid',
    what: 'several IPC_RMID leave what is attached',
    expected: '0, attached 1',
    c: 'shmat-removed-often',
    sync: () => {
      const id = newSegment();
      const { bytes } = attached(id);
      for (let i = 0; i < 3; i++) shmctl(id, IPC_RMID);
      return `${String(bytes[0])}, attached ${String(shmctl(id, IPC_STAT).shm_nattch)}`;
    },
    promise: async () => {
      const segment = segmentObject();
      const { bytes } = await attachedObject(segment);
      for (let i = 0; i < 3; i++) await segment.remove();
      return `${String(bytes[0])}, attached ${String((await segment.stat()).attachments)}`;
    },
  },
  {
    id: 'shmctl05',
    what: 'a removed segment goes with its last attachment',
    expected: 'EINVAL',
    c: 'shmat-removed-after-detach',
    sync: () => {
      const id = newSegment();
      const mapping = attached(id);
      shmctl(id, IPC_RMID);
      shmdt(mapping);
      return attached(id).length;
    },
    promise: async () => {
      const segment = segmentObject();
      const mapping = await attachedObject(segment);
      await segment.remove();
      mapping.close();
      return adoptAttached(await segment.attach()).length;
    },
  },
];

export const shmatRows: Row[] = [...attaching, ...refused, ...removed];
