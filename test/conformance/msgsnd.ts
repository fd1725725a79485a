import { sysv } from 'posix-ipc';
import { IPC_NOWAIT, IPC_RMID, IPC_STAT, msgbuf, msgctl, msgsnd } from 'posix-ipc/syscalls';

import { kernelLimit } from '../support/machine';
import { fullQueue, temporaryQueue } from '../support/queues';
import { acrossSignal, asNobody, whileBlocked, whilePending } from './elsewhere';
import { root } from './needs';
import { NO_ID, newQueue, put, removedQueue, take } from './raw';
import { orEagain, type Result } from './result';
import { absent, different, type Row } from './row';

/** Of full queues; also the length of the message that waits for room. */
const capacity = 4;

/** Takes the messages of one byte that fill the queue. */
function empty(queue: sysv.MessageQueue): void {
  for (let i = 0; i < capacity; i++) take(queue.id);
}

const longest = 2n ** 63n - 1n;

/** msgsnd without waiting; nothing is `done`. */
function sent(id: number, type: number | bigint, text: string): Result {
  put(id, type, text);
  return undefined;
}

function trySent(queue: sysv.MessageQueue, text: string): string {
  return orEagain(queue.trySend(text));
}

/** `send` of the class; nothing is `done`. */
async function sending(queue: sysv.MessageQueue, text: string, type = 1): Promise<Result> {
  await queue.send(text, { type });
  return undefined;
}

function fields(messages: number, bytes: number, pid: number, isTimeSet: boolean): string {
  const sender = pid === process.pid ? 'self' : 'other';
  const time = isTimeSet ? 'set' : 'unset';
  return `messages ${String(messages)}, bytes ${String(bytes)}, sender ${sender}, time ${time}`;
}

function textOfLength(length: number): string {
  return 'x'.repeat(length);
}

const accepted: Row[] = [
  {
    id: 'msgsnd01',
    what: 'the queue tells number, bytes, sender and time',
    expected: 'messages 1, bytes 5, sender self, time set',
    c: 'msgsnd-fields',
    sync: () => {
      const id = newQueue();
      put(id, 1, 'hello');
      const { msg_qnum, msg_cbytes, msg_lspid, msg_stime } = msgctl(id, IPC_STAT);
      return fields(msg_qnum, msg_cbytes, msg_lspid, msg_stime > 0);
    },
    promise: async () => {
      const queue = temporaryQueue();
      await queue.send('hello');
      const { messages, bytes, lastSendPid, sentAt } = await queue.stat();
      return fields(messages, bytes, lastSendPid, sentAt !== undefined);
    },
  },
  {
    id: 'own',
    what: 'the largest type of a long',
    expected: `${String(longest)} far`,
    c: 'msgsnd-largest-type',
    sync: () => {
      const id = newQueue();
      put(id, longest, 'far');
      return take(id);
    },
    promise: async () => {
      const queue = temporaryQueue();
      await queue.send('far', { type: longest });
      return queue.receive();
    },
  },
  {
    id: 'own',
    what: 'an empty message counts as one',
    expected: 'messages 1, bytes 0',
    c: 'msgsnd-empty',
    sync: () => {
      const id = newQueue();
      put(id, 5, '');
      const { msg_qnum, msg_cbytes } = msgctl(id, IPC_STAT);
      return `messages ${String(msg_qnum)}, bytes ${String(msg_cbytes)}`;
    },
    promise: async () => {
      const queue = temporaryQueue();
      await queue.send('', { type: 5 });
      const { messages, bytes } = await queue.stat();
      return `messages ${String(messages)}, bytes ${String(bytes)}`;
    },
  },
  {
    id: 'own',
    what: 'a message of kernel.msgmax bytes',
    expected: 'done',
    c: 'msgsnd-longest',
    sync: () => sent(newQueue(), 1, textOfLength(kernelLimit('msgmax'))),
    promise: () => sending(temporaryQueue(), textOfLength(kernelLimit('msgmax'))),
  },
];

const refused: Row[] = [
  {
    id: 'msgsnd02',
    what: 'no permission to write',
    expected: 'EACCES',
    c: 'msgsnd-denied',
    sync: () => asNobody('msgsnd-nowait', temporaryQueue().key),
    promise: () => asNobody('send', temporaryQueue().key),
    needs: root,
  },
  {
    id: 'msgsnd02',
    what: 'a message that is no memory',
    expected: 'EFAULT',
    c: 'msgsnd-no-memory',
    sync: different('ERR_INVALID_ARG_TYPE', 'JavaScript has no bad addresses', () => {
      msgsnd(newQueue(), null as unknown as Buffer, 1, IPC_NOWAIT);
      return undefined;
    }),
    promise: different('ERR_INVALID_ARG_TYPE', 'JavaScript has no bad addresses', () =>
      sending(temporaryQueue(), null as unknown as string),
    ),
  },
  {
    id: 'msgsnd02',
    what: 'an id that no queue can have',
    expected: 'EINVAL',
    c: 'msgsnd-no-such-id',
    sync: () => sent(NO_ID, 1, 'x'),
    promise: different('ERR_OUT_OF_RANGE', 'no object is made of such an id', async () =>
      sending(await sysv.MessageQueue.fromId(NO_ID), 'x'),
    ),
  },
  {
    id: 'own',
    what: 'the id of a removed queue',
    expected: 'EINVAL',
    c: 'msgsnd-removed-id',
    sync: () => sent(removedQueue(), 1, 'x'),
    promise: async () => {
      const queue = temporaryQueue();
      await queue.remove();
      return sending(queue, 'x');
    },
  },
  {
    id: 'msgsnd02',
    what: 'type 0',
    expected: 'EINVAL',
    c: 'msgsnd-type-zero',
    sync: () => sent(newQueue(), 0, 'x'),
    promise: different('ERR_OUT_OF_RANGE', 'the type is checked before the call', () =>
      sending(temporaryQueue(), 'x', 0),
    ),
  },
  {
    id: 'msgsnd02',
    what: 'a negative type',
    expected: 'EINVAL',
    c: 'msgsnd-type-negative',
    sync: () => sent(newQueue(), -1, 'x'),
    promise: different('ERR_OUT_OF_RANGE', 'the type is checked before the call', () =>
      sending(temporaryQueue(), 'x', -1),
    ),
  },
  {
    id: 'msgsnd02',
    what: 'a negative size',
    expected: 'EINVAL',
    c: 'msgsnd-size-negative',
    sync: different('ERR_OUT_OF_RANGE', 'the size is checked against the memory', () => {
      msgsnd(newQueue(), msgbuf(1, 'x'), -1, IPC_NOWAIT);
      return undefined;
    }),
    promise: absent('the size is the length of the data'),
  },
  {
    id: 'msgsnd02',
    what: 'more bytes than kernel.msgmax',
    expected: 'EINVAL',
    c: 'msgsnd-too-long',
    sync: () => sent(newQueue(), 1, textOfLength(kernelLimit('msgmax') + 1)),
    promise: () => sending(temporaryQueue(), textOfLength(kernelLimit('msgmax') + 1)),
  },
];

const full: Row[] = [
  {
    id: 'msgsnd05',
    what: 'no room, with IPC_NOWAIT',
    expected: 'EAGAIN',
    c: 'msgsnd-full',
    sync: () => sent(fullQueue(capacity).id, 1, 'x'),
    promise: () => trySent(fullQueue(capacity), 'x'),
  },
  {
    id: 'own',
    what: 'as many empty messages as the queue has bytes fill it',
    expected: 'EAGAIN',
    c: 'msgsnd-full-by-count',
    sync: () => {
      const { id } = temporaryQueue({ maxBytes: 3 });
      for (let i = 0; i < 3; i++) put(id, 1, '');
      return sent(id, 1, '');
    },
    promise: () => {
      const queue = temporaryQueue({ maxBytes: 3 });
      for (let i = 0; i < 3; i++) queue.trySend('');
      return trySent(queue, '');
    },
  },
  {
    id: 'own',
    what: 'a message longer than the queue, with IPC_NOWAIT',
    expected: 'EAGAIN',
    c: 'msgsnd-longer-than-queue',
    sync: () => sent(temporaryQueue({ maxBytes: 4 }).id, 1, '12345'),
    promise: different('EMSGSIZE', 'to try again would be in vain', () =>
      trySent(temporaryQueue({ maxBytes: 4 }), '12345'),
    ),
  },
];

const blocked: Row[] = [
  {
    id: 'msgsnd05, InterruptSend',
    what: 'a handler without SA_RESTART runs while the call blocks',
    expected: 'EINTR',
    c: 'msgsnd-interrupted',
    sync: absent('Node sets SA_RESTART on all its handlers'),
    promise: absent('Node sets SA_RESTART on all its handlers'),
  },
  {
    id: 'msgsnd05, InterruptSend',
    what: 'a handler with SA_RESTART runs while the call blocks',
    expected: 'EINTR',
    c: 'msgsnd-interrupted-restart',
    sync: () => whileBlocked('msgsnd', fullQueue(capacity), (pid) => process.kill(pid, 'SIGUSR2')),
    promise: different('signal, then done', 'the class goes on waiting', () => {
      const queue = fullQueue(capacity);
      return acrossSignal('msgsnd', 'send', queue, () => {
        empty(queue);
      });
    }),
  },
  {
    id: 'msgsnd06, SndRmWhileBlocking',
    what: 'the queue is removed while the call blocks',
    expected: 'EIDRM',
    c: 'msgsnd-removed-while-blocked',
    sync: () => {
      const queue = fullQueue(capacity);
      return whileBlocked('msgsnd', queue, () => {
        msgctl(queue.id, IPC_RMID);
      });
    },
    promise: () => {
      const queue = fullQueue(capacity);
      return whilePending('msgsnd', queue, sending(queue, 'late'), () => {
        queue.removeSync();
      });
    },
  },
  {
    id: 'own',
    what: 'a call that blocks goes on when there is room',
    expected: 'done',
    c: 'msgsnd-goes-on',
    sync: () => {
      const queue = fullQueue(capacity);
      return whileBlocked('msgsnd', queue, () => {
        empty(queue);
      });
    },
    promise: () => {
      const queue = fullQueue(capacity);
      return whilePending('msgsnd', queue, sending(queue, 'late'), () => {
        empty(queue);
      });
    },
  },
];

export const msgsndRows: Row[] = [...accepted, ...refused, ...full, ...blocked];
