import { sysv } from 'posix-ipc';
import {
  IPC_INFO,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  msgctl,
  type MsqidDsChanges,
} from 'posix-ipc/syscalls';

import { kernelLimit } from '../support/machine';
import { nobody } from '../support/nobody';
import { temporaryQueue } from '../support/queues';
import { asNobody, inOwnNamespace } from './elsewhere';
import { ownNamespace, root } from './needs';
import { NO_ID, newQueue, removedQueue } from './raw';
import type { Result } from './result';
import { absent, different, type Row } from './row';

const changes: MsqidDsChanges = { msg_perm: { uid: 0, gid: 0, mode: 0o600 }, msg_qbytes: 16 };

function messages(id: number): number {
  return msgctl(id, IPC_STAT).msg_qnum;
}

function removed(id: number): Result {
  msgctl(id, IPC_RMID);
  return undefined;
}

function set(id: number, buf: MsqidDsChanges | undefined): Result {
  msgctl(id, IPC_SET, buf as MsqidDsChanges);
  return undefined;
}

async function removedObject(): Promise<sysv.MessageQueue> {
  const queue = temporaryQueue();
  await queue.remove();
  return queue;
}

function capacity(bytes: number): string {
  return bytes === kernelLimit('msgmnb') ? 'msgmnb' : 'other';
}

const done: Row[] = [
  {
    id: 'msgctl01',
    what: 'IPC_STAT of a new queue',
    expected: 'mode 640, messages 0, bytes 0, pids 0 0, times 0 0, capacity msgmnb',
    c: 'msgctl-new-status',
    sync: () => {
      const ds = msgctl(newQueue(0o640), IPC_STAT);
      const { msg_qnum, msg_cbytes, msg_lspid, msg_lrpid, msg_stime, msg_rtime } = ds;
      return [
        `mode ${ds.msg_perm.mode.toString(8)}`,
        `messages ${String(msg_qnum)}, bytes ${String(msg_cbytes)}`,
        `pids ${String(msg_lspid)} ${String(msg_lrpid)}`,
        `times ${String(msg_stime)} ${String(msg_rtime)}, capacity ${capacity(ds.msg_qbytes)}`,
      ].join(', ');
    },
    promise: async () => {
      const status = await temporaryQueue({ mode: 0o640 }).stat();
      const time = (date?: Date): string => String(date?.getTime() ?? 0);
      return [
        `mode ${status.mode.toString(8)}`,
        `messages ${String(status.messages)}, bytes ${String(status.bytes)}`,
        `pids ${String(status.lastSendPid)} ${String(status.lastReceivePid)}`,
        `times ${time(status.sentAt)} ${time(status.receivedAt)}`,
        `capacity ${capacity(status.maxBytes)}`,
      ].join(', ');
    },
  },
  {
    id: 'msgctl02',
    what: 'IPC_SET of a smaller capacity',
    expected: '100',
    c: 'msgctl-lower',
    sync: () => {
      const id = newQueue();
      set(id, { ...msgctl(id, IPC_STAT), msg_qbytes: 100 });
      return msgctl(id, IPC_STAT).msg_qbytes;
    },
    promise: async () => {
      const queue = temporaryQueue();
      await queue.set({ maxBytes: 100 });
      return (await queue.stat()).maxBytes;
    },
  },
  {
    id: 'own',
    what: 'IPC_SET of the mode',
    expected: '444',
    c: 'msgctl-change-mode',
    sync: () => {
      const id = newQueue();
      const { msg_perm, msg_qbytes } = msgctl(id, IPC_STAT);
      set(id, { msg_perm: { ...msg_perm, mode: 0o444 }, msg_qbytes });
      return msgctl(id, IPC_STAT).msg_perm.mode.toString(8);
    },
    promise: async () => {
      const queue = temporaryQueue();
      await queue.set({ mode: 0o444 });
      return (await queue.stat()).mode.toString(8);
    },
  },
  {
    id: 'own',
    what: 'IPC_SET of the owner leaves the creator',
    expected: `owner ${String(nobody)} ${String(nobody)}, creator 0 0`,
    c: 'msgctl-change-owner',
    sync: () => {
      const id = newQueue();
      const { msg_perm, msg_qbytes } = msgctl(id, IPC_STAT);
      set(id, { msg_perm: { ...msg_perm, uid: nobody, gid: nobody }, msg_qbytes });
      const { uid, gid, cuid, cgid } = msgctl(id, IPC_STAT).msg_perm;
      return `owner ${String(uid)} ${String(gid)}, creator ${String(cuid)} ${String(cgid)}`;
    },
    promise: async () => {
      const queue = temporaryQueue();
      await queue.set({ uid: nobody, gid: nobody });
      const { uid, gid, cuid, cgid } = await queue.stat();
      return `owner ${String(uid)} ${String(gid)}, creator ${String(cuid)} ${String(cgid)}`;
    },
    needs: root,
  },
  {
    id: 'msgctl03',
    what: 'IPC_RMID',
    expected: 'done',
    c: 'msgctl-removed',
    sync: () => removed(newQueue()),
    promise: async () => {
      await temporaryQueue().remove();
      return undefined;
    },
  },
];

const denied: Row[] = [
  {
    id: 'msgctl04',
    what: 'IPC_STAT without permission to read',
    expected: 'EACCES',
    c: 'msgctl-stat-denied',
    sync: () => asNobody('msgctl-stat', temporaryQueue().key),
    promise: () => asNobody('stat', temporaryQueue().key),
    needs: root,
  },
  {
    id: 'msgctl04',
    what: "IPC_SET of another user's queue",
    expected: 'EPERM',
    c: 'msgctl-set-denied',
    sync: () => asNobody('msgctl-set', temporaryQueue({ mode: 0o666 }).key),
    promise: () => asNobody('set', temporaryQueue({ mode: 0o666 }).key),
    needs: root,
  },
  {
    id: 'msgctl04',
    what: "IPC_RMID of another user's queue",
    expected: 'EPERM',
    c: 'msgctl-remove-denied',
    sync: () => asNobody('msgctl-remove', temporaryQueue({ mode: 0o666 }).key),
    promise: () => asNobody('remove', temporaryQueue({ mode: 0o666 }).key),
    needs: root,
  },
  {
    id: 'own',
    what: 'IPC_SET of a capacity above kernel.msgmnb without CAP_SYS_RESOURCE',
    expected: 'EPERM',
    c: 'msgctl-raise-denied',
    sync: () => asNobody('msgctl-raise', 0),
    promise: () => asNobody('raise', 0),
    needs: root,
  },
];

const noCommand = absent('the class has no method for this command');
const noStruct = 'the struct is an object, or the return value';

const refused: Row[] = [
  {
    id: 'msgctl04',
    what: 'IPC_STAT into no memory',
    expected: 'EFAULT',
    c: 'msgctl-stat-memory',
    sync: absent(noStruct),
    promise: absent(noStruct),
  },
  {
    id: 'msgctl04',
    what: 'IPC_SET from no memory',
    expected: 'EFAULT',
    c: 'msgctl-set-memory',
    sync: different('ERR_INVALID_ARG_TYPE', noStruct, () => set(newQueue(), undefined)),
    promise: different('ERR_INVALID_ARG_TYPE', noStruct, async () => {
      await temporaryQueue().set(null as unknown as sysv.QueueChanges);
      return undefined;
    }),
  },
  {
    id: 'msgctl04',
    what: 'a command that does not exist',
    expected: 'EINVAL',
    c: 'msgctl-no-such-command',
    sync: () => String(msgctl(newQueue(), 12345)),
    promise: noCommand,
  },
  {
    id: 'msgctl04',
    what: 'IPC_STAT of an id that no queue can have',
    expected: 'EINVAL',
    c: 'msgctl-stat-no-such-id',
    sync: () => messages(NO_ID),
    promise: different('ERR_OUT_OF_RANGE', 'no object is made of such an id', async () => {
      const queue = await sysv.MessageQueue.fromId(NO_ID);
      return (await queue.stat()).messages;
    }),
  },
  {
    id: 'msgctl04',
    what: 'IPC_SET of an id that no queue can have',
    expected: 'EINVAL',
    c: 'msgctl-set-no-such-id',
    sync: () => set(NO_ID, changes),
    promise: absent('no object is made of such an id'),
  },
  {
    id: 'msgctl04',
    what: 'IPC_RMID of an id that no queue can have',
    expected: 'EINVAL',
    c: 'msgctl-remove-no-such-id',
    sync: () => removed(NO_ID),
    promise: absent('no object is made of such an id'),
  },
  {
    id: 'own',
    what: 'IPC_STAT of a removed queue',
    expected: 'EINVAL',
    c: 'msgctl-stat-removed',
    sync: () => messages(removedQueue()),
    promise: async () => (await (await removedObject()).stat()).messages,
  },
  {
    id: 'own',
    what: 'IPC_SET of a removed queue',
    expected: 'EINVAL',
    c: 'msgctl-set-removed',
    sync: () => set(removedQueue(), changes),
    promise: async () => {
      await (await removedObject()).set({ maxBytes: 16 });
      return undefined;
    },
  },
  {
    id: 'own',
    what: 'IPC_RMID of a removed queue',
    expected: 'EINVAL',
    c: 'msgctl-removed-twice',
    sync: () => removed(removedQueue()),
    promise: async () => {
      await (await removedObject()).remove();
      return undefined;
    },
  },
];

function ofAll(id: string, what: string, expected: string, name: string): Row {
  const sync = (): Promise<string> => inOwnNamespace(`msgctl-${name}`);
  return { id, what, expected, c: `msgctl-${name}`, sync, promise: noCommand, needs: ownNamespace };
}

const overview: Row[] = [
  {
    id: 'msgctl12',
    what: 'IPC_INFO tells the limits',
    expected: 'as in /proc',
    c: 'msgctl-info',
    sync: () => {
      const limits = msgctl(0, IPC_INFO);
      const names = ['msgmax', 'msgmnb', 'msgmni'] as const;
      return names.every((name) => limits[name] === kernelLimit(name)) ? 'as in /proc' : 'other';
    },
    promise: noCommand,
  },
  ofAll(
    'msgctl06, msgctl12',
    'MSG_INFO counts what is there',
    'index 1, queues 2, messages 2, bytes 11',
    'usage',
  ),
  ofAll('msgctl12', 'MSG_STAT of an index', 'id 0, messages 1', 'index-status'),
  ofAll('own', 'MSG_STAT without permission to read', 'EACCES', 'index-denied'),
  ofAll('msgctl06', 'MSG_STAT_ANY needs no permission', 'id 0, messages 1', 'index-any'),
  ofAll('own', 'MSG_STAT of an index without a queue', 'EINVAL', 'index-none'),
];

export const msgctlRows: Row[] = [...done, ...denied, ...refused, ...overview];
