import { sysv } from 'posix-ipc';
import { IPC_CREAT, IPC_EXCL, IPC_PRIVATE, IPC_STAT, msgctl, msgget } from 'posix-ipc/syscalls';

import { adoptId, adoptQueue, temporaryQueue } from '../support/queues';
import { randomKey } from '../support/random-key';
import { asNobody, inOwnNamespace } from './elsewhere';
import { nextId, ownNamespace, root } from './needs';
import { newQueue, put, take } from './raw';
import { sameness } from './result';
import { absent, type Row } from './row';

const { MessageQueue } = sysv;

/** Class objects open a queue with no flags: the first call that needs a permission is told. */
function denied(what: string, mode: string, first: string): Row {
  return {
    id: 'msgget02',
    what: `a queue of another user is opened to ${what} it`,
    expected: 'EACCES',
    c: `msgget-denied-${mode}`,
    sync: () => asNobody(`msgget-${mode}`, temporaryQueue().key),
    promise: () => asNobody(first, temporaryQueue().key),
    needs: root,
  };
}

const found: Row[] = [
  {
    id: 'msgget01',
    what: 'a new queue carries a message',
    expected: '3 hello',
    c: 'msgget-round-trip',
    sync: () => {
      const id = adoptId(msgget(randomKey(), IPC_CREAT | IPC_EXCL | 0o600));
      put(id, 3, 'hello');
      return take(id);
    },
    promise: async () => {
      const queue = adoptQueue(await MessageQueue.create(randomKey()));
      await queue.send('hello', { type: 3 });
      return queue.receive();
    },
  },
  {
    id: 'own',
    what: 'a key that has a queue names it',
    expected: 'same',
    c: 'msgget-same-key',
    sync: () => {
      const { id, key } = temporaryQueue();
      return sameness(msgget(key, 0), id);
    },
    promise: async () => {
      const { id, key } = temporaryQueue();
      return sameness((await MessageQueue.open(key)).id, id);
    },
  },
  {
    id: 'own',
    what: 'IPC_CREAT without IPC_EXCL finds the queue that is there',
    expected: 'same',
    c: 'msgget-create-existing',
    sync: () => {
      const { id, key } = temporaryQueue();
      return sameness(msgget(key, IPC_CREAT | 0o600), id);
    },
    promise: async () => {
      const { id, key } = temporaryQueue();
      return sameness((await MessageQueue.openOrCreate(key)).id, id);
    },
  },
  {
    id: 'own',
    what: 'IPC_PRIVATE makes a queue each time',
    expected: 'different',
    c: 'msgget-private-twice',
    sync: () => sameness(newQueue(), newQueue()),
    promise: async () => {
      const first = adoptQueue(await MessageQueue.create(IPC_PRIVATE));
      const second = adoptQueue(await MessageQueue.create(IPC_PRIVATE));
      return sameness(first.id, second.id);
    },
  },
  {
    id: 'own',
    what: 'the umask takes nothing from the mode',
    expected: '666',
    c: 'msgget-mode-ignores-umask',
    sync: () => msgctl(newQueue(0o666), IPC_STAT).msg_perm.mode.toString(8),
    promise: async () => {
      const { mode } = await temporaryQueue({ mode: 0o666 }).stat();
      return mode.toString(8);
    },
  },
];

const refused: Row[] = [
  {
    id: 'msgget02',
    what: 'IPC_CREAT | IPC_EXCL of a key that has a queue',
    expected: 'EEXIST',
    c: 'msgget-exists',
    sync: () => msgget(temporaryQueue().key, IPC_CREAT | IPC_EXCL | 0o600),
    promise: async () => (await MessageQueue.create(temporaryQueue().key)).id,
  },
  {
    id: 'msgget02',
    what: 'a key that has no queue, without IPC_CREAT',
    expected: 'ENOENT',
    c: 'msgget-absent',
    sync: () => msgget(randomKey(), 0o600),
    promise: async () => (await MessageQueue.open(randomKey())).id,
  },
  {
    id: 'msgget02',
    what: 'IPC_EXCL alone makes nothing',
    expected: 'ENOENT',
    c: 'msgget-absent-exclusive',
    sync: () => msgget(randomKey(), IPC_EXCL | 0o600),
    promise: absent('create always passes IPC_CREAT, open passes no flag'),
  },
  denied('read', 'read', 'tryReceive'),
  denied('write', 'write', 'trySend'),
  denied('read and write', 'both', 'stat'),
  {
    id: 'msgget03',
    what: 'one queue more than kernel.msgmni',
    expected: 'ENOSPC',
    c: 'msgget-too-many',
    sync: () => inOwnNamespace('msgget-too-many'),
    promise: () => inOwnNamespace('create-too-many'),
    needs: ownNamespace,
  },
];

const numbered: Row[] = [
  {
    id: 'msgget04',
    what: 'kernel.msg_next_id chooses the id of the next queue',
    expected: '7',
    c: 'msgget-next-id',
    sync: () => inOwnNamespace('msgget-next-id'),
    promise: () => inOwnNamespace('create-next-id'),
    needs: nextId,
  },
  {
    id: 'msgget04',
    what: 'kernel.msg_next_id is used once',
    expected: '-1',
    c: 'msgget-next-id-used-up',
    sync: () => inOwnNamespace('msgget-next-id-used-up'),
    promise: () => inOwnNamespace('create-next-id-used-up'),
    needs: nextId,
  },
  {
    id: 'msgget05',
    what: 'a kernel.msg_next_id that is taken gives another id',
    expected: 'different',
    c: 'msgget-next-id-taken',
    sync: () => inOwnNamespace('msgget-next-id-taken'),
    promise: () => inOwnNamespace('create-next-id-taken'),
    needs: nextId,
  },
];

export const msggetRows: Row[] = [...found, ...refused, ...numbered];
