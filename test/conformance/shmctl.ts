import { sysv } from 'posix-ipc';
import {
  IPC_CREAT,
  IPC_EXCL,
  IPC_INFO,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  SHM_DEST,
  SHM_LOCK,
  SHM_LOCKED,
  SHM_RDONLY,
  SHM_UNLOCK,
  shmctl,
  shmdt,
  shmget,
} from 'posix-ipc/syscalls';

import { kernelNumber } from '../support/machine';
import { nobody } from '../support/nobody';
import { adoptSegmentId, temporarySegment } from '../support/segments';
import { waitUntil } from '../support/wait-until';
import { inOwnNamespace } from './elsewhere';
import { ownNamespace, root } from './needs';
import { sameness, type Result } from './result';
import { absent, type Row } from './row';
import { attached, attachedObject, newSegment, segmentObject, SIZE } from './segments';
import { shmctlRefusedRows } from './shmctl-refused';

const { SharedMemory } = sysv;

type Changes = Partial<{ uid: number; gid: number; mode: number }>;

function set(id: number, changes: Changes): Result {
  const { shm_perm } = shmctl(id, IPC_STAT);
  shmctl(id, IPC_SET, { shm_perm: { ...shm_perm, ...changes } });
  return undefined;
}

interface Owners {
  uid: number;
  gid: number;
  cuid: number;
  cgid: number;
}

function owners({ uid, gid, cuid, cgid }: Owners): string {
  return `owner ${String(uid)} ${String(gid)}, creator ${String(cuid)} ${String(cgid)}`;
}

interface Fields {
  pids: [creator: number, last: number];
  times: [attached: number, detached: number];
  owner: number[];
  changed: number;
}

function fields({ pids: [creator, last], times, owner, changed }: Fields): string {
  const isRecent = Math.abs(Date.now() / 1000 - changed) < 100;
  return [
    `pids ${creator === process.pid ? 'self' : 'other'} ${String(last)}`,
    `times ${times.join(' ')}, owner ${owner.join(' ')}, changed ${isRecent ? 'now' : 'then'}`,
  ].join(', ');
}

function seconds(date: Date | undefined): number {
  return (date?.getTime() ?? 0) / 1000;
}

const status: Row[] = [
  {
    id: 'shmctl01',
    what: 'IPC_STAT of a new segment',
    expected: `pids self 0, times 0 0, owner ${[process.geteuid?.(), process.getegid?.()].join(' ')}, changed now`,
    c: 'shmctl-status',
    sync: () => {
      const ds = shmctl(newSegment(0o640), IPC_STAT);
      return fields({
        pids: [ds.shm_cpid, ds.shm_lpid],
        times: [ds.shm_atime, ds.shm_dtime],
        owner: [ds.shm_perm.uid, ds.shm_perm.gid],
        changed: ds.shm_ctime,
      });
    },
    promise: async () => {
      const now = await segmentObject(0o640).stat();
      return fields({
        pids: [now.creatorPid, now.lastPid],
        times: [seconds(now.attachedAt), seconds(now.detachedAt)],
        owner: [now.uid, now.gid],
        changed: seconds(now.changedAt),
      });
    },
  },
  {
    id: 'shmctl01',
    what: 'IPC_STAT counts attachments',
    expected: '2 then 1',
    c: 'shmctl-attachments',
    sync: () => {
      const id = newSegment();
      const first = attached(id);
      attached(id, SHM_RDONLY);
      const two = shmctl(id, IPC_STAT).shm_nattch;
      shmdt(first);
      return `${String(two)} then ${String(shmctl(id, IPC_STAT).shm_nattch)}`;
    },
    promise: async () => {
      const segment = segmentObject();
      const first = await attachedObject(segment);
      await attachedObject(segment, { readOnly: true });
      const { attachments: two } = await segment.stat();
      first.close();
      return `${String(two)} then ${String((await segment.stat()).attachments)}`;
    },
  },
];

async function changedLater(
  changedAt: () => number,
  change: () => Result | Promise<void>,
): Promise<string> {
  const before = changedAt();
  // The kernel's clock for that is some milliseconds behind.
  await waitUntil('the next second', () => Date.now() / 1000 > before + 1.1);
  await change();
  return changedAt() > before ? 'later' : 'same';
}

const changed: Row[] = [
  {
    id: 'shmctl08',
    what: 'IPC_SET of the mode',
    expected: '444',
    c: 'shmctl-change-mode',
    sync: () => {
      const id = newSegment();
      set(id, { mode: 0o444 });
      return shmctl(id, IPC_STAT).shm_perm.mode.toString(8);
    },
    promise: async () => {
      const segment = segmentObject();
      await segment.set({ mode: 0o444 });
      return (await segment.stat()).mode.toString(8);
    },
  },
  {
    id: 'shmctl08',
    what: 'IPC_SET sets the time of the last change',
    expected: 'later',
    c: 'shmctl-change-time',
    sync: () => {
      const id = newSegment();
      return changedLater(
        () => shmctl(id, IPC_STAT).shm_ctime,
        () => set(id, { mode: 0o640 }),
      );
    },
    promise: () => {
      const segment = segmentObject();
      return changedLater(
        () => seconds(segment.statSync().changedAt),
        () => segment.set({ mode: 0o640 }),
      );
    },
  },
  {
    id: 'own',
    what: 'IPC_SET of the owner leaves the creator',
    expected: `owner ${String(nobody)} ${String(nobody)}, creator 0 0`,
    c: 'shmctl-change-owner',
    sync: () => {
      const id = newSegment();
      set(id, { uid: nobody, gid: nobody });
      return owners(shmctl(id, IPC_STAT).shm_perm);
    },
    promise: async () => {
      const segment = segmentObject();
      await segment.set({ uid: nobody, gid: nobody });
      return owners(await segment.stat());
    },
    needs: root,
  },
];

function lockOf(isLocked: boolean): string {
  return isLocked ? 'locked' : 'unlocked';
}

const locked: Row[] = [
  {
    id: 'shmctl07',
    what: 'SHM_LOCK',
    expected: 'locked',
    c: 'shmctl-lock',
    sync: () => {
      const id = newSegment();
      shmctl(id, SHM_LOCK);
      return lockOf((shmctl(id, IPC_STAT).shm_perm.mode & SHM_LOCKED) !== 0);
    },
    promise: async () => {
      const segment = segmentObject();
      await segment.lock();
      return lockOf((await segment.stat()).locked);
    },
  },
  {
    id: 'shmctl07',
    what: 'SHM_UNLOCK',
    expected: 'unlocked',
    c: 'shmctl-unlock',
    sync: () => {
      const id = newSegment();
      shmctl(id, SHM_LOCK);
      shmctl(id, SHM_UNLOCK);
      return lockOf((shmctl(id, IPC_STAT).shm_perm.mode & SHM_LOCKED) !== 0);
    },
    promise: async () => {
      const segment = segmentObject();
      await segment.lock();
      await segment.unlock();
      return lockOf((await segment.stat()).locked);
    },
  },
];

async function removedWhileAttached(): Promise<sysv.SharedMemory> {
  const segment = segmentObject();
  await attachedObject(segment);
  await segment.remove();
  return segment;
}

const removed: Row[] = [
  {
    id: 'shmctl01',
    what: 'IPC_RMID',
    expected: 'done',
    c: 'shmctl-removed',
    sync: () => {
      shmctl(newSegment(), IPC_RMID);
    },
    promise: () => segmentObject().remove(),
  },
  {
    id: 'shmctl01',
    what: 'IPC_RMID of a segment that is attached marks it, and takes its key',
    expected: 'dest, key 0',
    c: 'shmctl-removed-attached',
    sync: () => {
      const { id } = segmentObject();
      attached(id);
      shmctl(id, IPC_RMID);
      const { mode, key } = shmctl(id, IPC_STAT).shm_perm;
      return `${(mode & SHM_DEST) === 0 ? 'stays' : 'dest'}, key ${String(key)}`;
    },
    promise: async () => {
      const { removed: isRemoved, key } = await (await removedWhileAttached()).stat();
      return `${isRemoved ? 'dest' : 'stays'}, key ${String(key)}`;
    },
  },
  {
    id: 'own',
    what: 'the key of such a segment has none',
    expected: 'ENOENT',
    c: 'shmctl-removed-key',
    sync: async () => shmget((await removedWhileAttached()).key, 0, 0),
    promise: async () => {
      const { key } = await removedWhileAttached();
      return (await SharedMemory.open(key)).id;
    },
  },
  {
    id: 'own',
    what: 'the key of such a segment can be given to another',
    expected: 'different',
    c: 'shmctl-removed-key-anew',
    sync: async () => {
      const { id, key } = await removedWhileAttached();
      return sameness(adoptSegmentId(shmget(key, SIZE, IPC_CREAT | IPC_EXCL | 0o600)), id);
    },
    promise: async () => {
      const { id, key } = await removedWhileAttached();
      return sameness(temporarySegment({ size: SIZE }, key).id, id);
    },
  },
];

const noCommand = absent('the class has no method for this command');

function ofAll(id: string, what: string, expected: string, name: string): Row {
  const sync = (): Promise<string> => inOwnNamespace(`shmctl-${name}`);
  return { id, what, expected, c: `shmctl-${name}`, sync, promise: noCommand, needs: ownNamespace };
}

const overview: Row[] = [
  {
    id: 'shmctl03',
    what: 'IPC_INFO tells the limits',
    expected: 'as in /proc',
    c: 'shmctl-info',
    sync: () => {
      const limits = shmctl(0, IPC_INFO);
      const names = ['shmmax', 'shmall', 'shmmni'] as const;
      const same = names.every((name) => BigInt(limits[name]) === kernelNumber(name));
      return same && limits.shmmin === 1 ? 'as in /proc' : 'other';
    },
    promise: noCommand,
  },
  ofAll(
    'shmctl04',
    'SHM_INFO counts what is there',
    'index 1, segments 2, pages 3, resident 1',
    'usage',
  ),
  ofAll('shmctl04', 'SHM_STAT of an index', 'id 0, size 4096', 'index-status'),
  ofAll('own', 'SHM_STAT without permission to read', 'EACCES', 'index-denied'),
  ofAll('shmctl04', 'SHM_STAT_ANY needs no permission', 'id 0, size 4096', 'index-any'),
  ofAll('own', 'SHM_STAT of an index without a segment', 'EINVAL', 'index-none'),
];

export const shmctlRows: Row[] = [
  ...status,
  ...changed,
  ...locked,
  ...removed,
  ...shmctlRefusedRows,
  ...overview,
];
