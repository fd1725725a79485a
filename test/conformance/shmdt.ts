import type { memory } from 'posix-ipc';
import { IPC_STAT, shmctl, shmdt } from 'posix-ipc/syscalls';

import { anonymous } from '../support/mappings';
import { inOther } from './elsewhere';
import { absent, different, type Row } from './row';
import { attached, attachedObject, newSegment, segmentObject, textIn } from './segments';

const empties = 'all views are empty afterwards';
const noFork = absent('Node has no fork and no exec of its own');

function told(attachments: number, pid: number, isTimeSet: boolean): string {
  const who = pid === process.pid ? 'self' : 'other';
  return `attached ${String(attachments)}, pid ${who}, time ${isTimeSet ? 'set' : 'unset'}`;
}

function viewAfter(mapping: memory.Mapping, detach: () => void): string {
  const { bytes } = mapping;
  detach();
  bytes[0] = 1;
  return `length ${String(bytes.length)}`;
}

const detached: Row[] = [
  {
    id: 'shmdt01',
    what: 'what was attached',
    expected: 'done',
    c: 'shmdt-detach',
    sync: () => {
      shmdt(attached(newSegment()));
    },
    promise: async () => {
      (await attachedObject(segmentObject())).close();
    },
  },
  {
    id: 'shmdt01',
    what: 'the segment tells that it was detached, by whom and when',
    expected: 'attached 1, pid self, time set',
    c: 'shmdt-told',
    sync: () => {
      const id = newSegment();
      attached(id);
      shmdt(attached(id));
      const { shm_nattch, shm_lpid, shm_dtime } = shmctl(id, IPC_STAT);
      return told(shm_nattch, shm_lpid, shm_dtime > 0);
    },
    promise: async () => {
      const segment = segmentObject();
      await attachedObject(segment);
      (await attachedObject(segment)).close();
      const { attachments, lastPid, detachedAt } = await segment.stat();
      return told(attachments, lastPid, detachedAt !== undefined);
    },
  },
  {
    id: 'shmdt01',
    what: 'a touch of what is detached',
    expected: 'SEGV',
    c: 'shmdt-touch',
    sync: different('length 0', empties, () => {
      const mapping = attached(newSegment());
      return viewAfter(mapping, () => {
        shmdt(mapping);
      });
    }),
    promise: different('length 0', empties, async () => {
      const mapping = await attachedObject(segmentObject());
      return viewAfter(mapping, () => {
        mapping.close();
      });
    }),
  },
  {
    id: 'own',
    what: 'what was written stays',
    expected: 'hello',
    c: 'shmdt-stays',
    sync: () => {
      const id = newSegment();
      const mapping = attached(id);
      mapping.bytes.write('hello');
      shmdt(mapping);
      return textIn(attached(id));
    },
    promise: async () => {
      const segment = segmentObject();
      const mapping = await attachedObject(segment);
      mapping.bytes.write('hello');
      mapping.close();
      return textIn(await attachedObject(segment));
    },
  },
  {
    id: 'own',
    what: 'the other of two attachments stays',
    expected: 'hello',
    c: 'shmdt-one-of-two',
    sync: () => {
      const id = newSegment();
      const mapping = attached(id);
      shmdt(attached(id));
      mapping.bytes.write('hello');
      return textIn(mapping);
    },
    promise: async () => {
      const segment = segmentObject();
      const mapping = await attachedObject(segment);
      (await attachedObject(segment)).close();
      mapping.bytes.write('hello');
      return textIn(mapping);
    },
  },
];

async function attachmentsAfter(call: string): Promise<number> {
  const { id, key } = segmentObject();
  await inOther(call, key);
  return shmctl(id, IPC_STAT).shm_nattch;
}

const byItself: Row[] = [
  {
    id: 'own',
    what: 'the end of a process detaches what it has',
    expected: '0',
    c: 'shmdt-by-exit',
    sync: () => attachmentsAfter('shmat-write'),
    promise: () => attachmentsAfter('segment-write'),
  },
  {
    id: 'own',
    what: 'exec detaches',
    expected: '0',
    c: 'shmdt-by-exec',
    sync: noFork,
    promise: noFork,
  },
  {
    id: 'own',
    what: 'the child of a fork has it attached, too',
    expected: '2',
    c: 'shmdt-by-fork',
    sync: noFork,
    promise: noFork,
  },
];

const refused: Row[] = [
  {
    id: 'shmdt02',
    what: 'memory that is no segment',
    expected: 'EINVAL',
    c: 'shmdt-not-attached',
    sync: () => {
      shmdt(anonymous(4096));
    },
    promise: absent('a mapping knows what it is of'),
  },
  {
    id: 'shmdt02',
    what: 'an address inside',
    expected: 'EINVAL',
    c: 'shmdt-inside',
    sync: absent('a mapping is all of the segment'),
    promise: absent('a mapping is all of the segment'),
  },
  {
    id: 'own',
    what: 'the same twice',
    expected: 'EINVAL',
    c: 'shmdt-twice',
    sync: () => {
      const mapping = attached(newSegment());
      shmdt(mapping);
      shmdt(mapping);
    },
    promise: different('done', 'close is idempotent', async () => {
      const mapping = await attachedObject(segmentObject());
      mapping.close();
      mapping.close();
    }),
  },
];

export const shmdtRows: Row[] = [...detached, ...byItself, ...refused];
