import { sysv } from 'posix-ipc';
import { IPC_NOWAIT, IPC_RMID, IPC_STAT, msgctl, msgrcv } from 'posix-ipc/syscalls';

import { temporaryQueue } from '../support/queues';
import { acrossSignal, asNobody, whileBlocked, whilePending } from './elsewhere';
import { root } from './needs';
import { NO_ID, ROOM, put, queueOfOne, removedQueue, take } from './raw';
import { orEnomsg } from './result';
import { absent, different, type Row } from './row';
import { selectorRows } from './selectors';

const none = 'the memory is looked at before the call';

function fields(messages: number, bytes: number, pid: number, isTimeSet: boolean): string {
  const receiver = pid === process.pid ? 'self' : 'other';
  const time = isTimeSet ? 'set' : 'unset';
  return `messages ${String(messages)}, bytes ${String(bytes)}, receiver ${receiver}, time ${time}`;
}

/** `receive` of what the table's blocking calls wait for: type 2, up to 8 bytes. */
function receiving(queue: sysv.MessageQueue): Promise<sysv.Message> {
  return queue.receive({ type: 2, maxLength: 8 });
}

const taken: Row[] = [
  {
    id: 'msgrcv01',
    what: 'the queue tells number, bytes, receiver and time',
    expected: 'messages 0, bytes 0, receiver self, time set',
    c: 'msgrcv-fields',
    sync: () => {
      const { id } = queueOfOne();
      take(id);
      const { msg_qnum, msg_cbytes, msg_lrpid, msg_rtime } = msgctl(id, IPC_STAT);
      return fields(msg_qnum, msg_cbytes, msg_lrpid, msg_rtime > 0);
    },
    promise: async () => {
      const queue = queueOfOne();
      await queue.receive();
      const { messages, bytes, lastReceivePid, receivedAt } = await queue.stat();
      return fields(messages, bytes, lastReceivePid, receivedAt !== undefined);
    },
  },
  {
    id: 'own',
    what: 'a message that was too long is still there',
    expected: '1 hello',
    c: 'msgrcv-too-big-stays',
    sync: () => {
      const { id } = queueOfOne();
      expect(() => take(id, { size: 4 })).toThrow('E2BIG');
      return take(id);
    },
    promise: async () => {
      const queue = queueOfOne();
      await expect(queue.receive({ maxLength: 4 })).rejects.toThrow('E2BIG');
      return queue.receive();
    },
  },
];

const refused: Row[] = [
  {
    id: 'msgrcv02',
    what: 'a message longer than the memory',
    expected: 'E2BIG',
    c: 'msgrcv-too-big',
    sync: () => take(queueOfOne().id, { size: 4 }),
    promise: () => queueOfOne().receive({ maxLength: 4 }),
  },
  {
    id: 'msgrcv02',
    what: 'no permission to read',
    expected: 'EACCES',
    c: 'msgrcv-denied',
    sync: () => asNobody('msgrcv-nowait', queueOfOne().key),
    promise: () => asNobody('receive', queueOfOne().key),
    needs: root,
  },
  {
    id: 'msgrcv02',
    what: 'a target that is no memory',
    expected: 'EFAULT',
    c: 'msgrcv-no-memory',
    sync: different('ERR_INVALID_ARG_TYPE', none, () =>
      msgrcv(queueOfOne().id, null as unknown as Buffer, ROOM, 0, IPC_NOWAIT),
    ),
    promise: different('ERR_INVALID_ARG_TYPE', none, async () => {
      const { length } = await queueOfOne().receiveInto(null as unknown as Buffer);
      return length;
    }),
  },
  {
    id: 'msgrcv02',
    what: 'an id that no queue can have',
    expected: 'EINVAL',
    c: 'msgrcv-no-such-id',
    sync: () => take(NO_ID),
    promise: different('ERR_OUT_OF_RANGE', 'no object is made of such an id', async () =>
      (await sysv.MessageQueue.fromId(NO_ID)).receive(),
    ),
  },
  {
    id: 'own',
    what: 'the id of a removed queue',
    expected: 'EINVAL',
    c: 'msgrcv-removed-id',
    sync: () => take(removedQueue()),
    promise: async () => {
      const queue = temporaryQueue();
      await queue.remove();
      return queue.receive();
    },
  },
  {
    id: 'msgrcv02',
    what: 'a negative size',
    expected: 'EINVAL',
    c: 'msgrcv-size-negative',
    sync: different('ERR_OUT_OF_RANGE', none, () =>
      msgrcv(queueOfOne().id, Buffer.alloc(8 + ROOM), -1, 0, IPC_NOWAIT),
    ),
    promise: different('ERR_OUT_OF_RANGE', 'the length is checked before the call', () =>
      queueOfOne().receive({ maxLength: -1 }),
    ),
  },
  {
    id: 'msgrcv02',
    what: 'an empty queue, with IPC_NOWAIT',
    expected: 'ENOMSG',
    c: 'msgrcv-none',
    sync: () => take(temporaryQueue().id),
    promise: () => orEnomsg(temporaryQueue().tryReceive()),
  },
];

const blocked: Row[] = [
  {
    id: 'msgrcv05, InterruptRecv',
    what: 'a handler without SA_RESTART runs while the call blocks',
    expected: 'EINTR',
    c: 'msgrcv-interrupted',
    sync: absent('Node sets SA_RESTART on all its handlers'),
    promise: absent('Node sets SA_RESTART on all its handlers'),
  },
  {
    id: 'msgrcv05, InterruptRecv',
    what: 'a handler with SA_RESTART runs while the call blocks',
    expected: 'EINTR',
    c: 'msgrcv-interrupted-restart',
    sync: () => whileBlocked('msgrcv', temporaryQueue(), (pid) => process.kill(pid, 'SIGUSR2')),
    promise: different('signal, then 2 late', 'the class goes on waiting', () => {
      const queue = temporaryQueue();
      return acrossSignal('msgrcv', 'receive', queue, () => {
        put(queue.id, 2, 'late');
      });
    }),
  },
  {
    id: 'msgrcv06, RcvRmWhileBlocking',
    what: 'the queue is removed while the call blocks',
    expected: 'EIDRM',
    c: 'msgrcv-removed-while-blocked',
    sync: () => {
      const queue = temporaryQueue();
      return whileBlocked('msgrcv', queue, () => {
        msgctl(queue.id, IPC_RMID);
      });
    },
    promise: () => {
      const queue = temporaryQueue();
      return whilePending('msgrcv', queue, receiving(queue), () => {
        queue.removeSync();
      });
    },
  },
  ...whileWaiting('MsgRcvTypeBlocking', 'a message of another type arrives first', {
    expected: '2 wanted',
    c: 'msgrcv-type-blocking',
    text: 'wanted',
  }),
  ...whileWaiting('own', 'a message arrives that is longer than the memory', {
    expected: 'E2BIG',
    c: 'msgrcv-too-big-while-blocked',
    text: 'longer than 8',
  }),
];

interface Arrival {
  expected: string;
  c: string;
  text: string;
}

/** Somebody waits for type 2; a message of type 1 arrives, then one of type 2. */
function whileWaiting(id: string, what: string, { expected, c, text }: Arrival): Row[] {
  const arrive = (queue: sysv.MessageQueue): void => {
    put(queue.id, 1, 'other');
    put(queue.id, 2, text);
  };
  const sync = (): Promise<string> => {
    const queue = temporaryQueue();
    return whileBlocked('msgrcv', queue, () => {
      arrive(queue);
    });
  };
  const promise = (): Promise<sysv.Message> => {
    const queue = temporaryQueue();
    return whilePending('msgrcv', queue, receiving(queue), () => {
      arrive(queue);
    });
  };
  return [{ id, what: `while the call blocks, ${what}`, expected, c, sync, promise }];
}

export const msgrcvRows: Row[] = [...taken, ...refused, ...selectorRows, ...blocked];
