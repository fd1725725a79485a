/** Rows of msgrcv about which message is taken. */

import type { sysv } from 'posix-ipc';
import {
  IPC_NOWAIT,
  IPC_STAT,
  MSG_COPY,
  MSG_EXCEPT,
  MSG_NOERROR,
  msgctl,
} from 'posix-ipc/syscalls';

import { temporaryQueue } from '../support/queues';
import { msgCopy } from './needs';
import { put, queueOfOne, queueOfTypes, take } from './raw';
import { orEnomsg } from './result';
import { absent, type Row } from './row';

interface Selection {
  type: number | bigint;
  except?: boolean;
}

/** A queue holds messages whose types and texts are the digits; one is taken, without waiting. */
function selects(
  id: string,
  digits: string,
  selection: Selection,
  expected: string,
): Omit<Row, 'c'> {
  const { type, except = false } = selection;
  const flags = IPC_NOWAIT | (except ? MSG_EXCEPT : 0);
  const selector = `type ${String(type)}${except ? ' with MSG_EXCEPT' : ''}`;
  return {
    id,
    what: `${selector}, of messages ${digits}`,
    expected,
    sync: () => take(queueOfTypes(digits).id, { type, flags }),
    promise: () => orEnomsg(queueOfTypes(digits).tryReceive(selection)),
  };
}

/** Messages are put one after the other; the first of some are taken. */
function order(types: [type: number, text: string][], type: number): Pick<Row, 'sync' | 'promise'> {
  const filled = (): sysv.MessageQueue => {
    const queue = temporaryQueue();
    for (const [of, text] of types) put(queue.id, of, text);
    return queue;
  };
  return {
    sync: () => take(filled().id, { type }),
    promise: () => filled().receive({ type }),
  };
}

const longMin = -(2n ** 63n);

const byType: Row[] = [
  { ...selects('msgrcv02', '1', { type: 2 }, 'ENOMSG'), c: 'msgrcv-none-of-type' },
  { ...selects('msgrcv02', '4', { type: -3 }, 'ENOMSG'), c: 'msgrcv-none-below' },
  { ...selects('own', '22', { type: 2, except: true }, 'ENOMSG'), c: 'msgrcv-none-except' },
  { ...selects('msgrcv07', '312', { type: 0 }, '3 3'), c: 'msgrcv-first' },
  { ...selects('msgrcv07', '312', { type: 2 }, '2 2'), c: 'msgrcv-of-type' },
  { ...selects('msgrcv07, MsgRcvTypeNegative', '4321', { type: -2 }, '1 1'), c: 'msgrcv-lowest' },
  { ...selects('msgrcv08', '4321', { type: longMin }, '1 1'), c: 'msgrcv-lowest-of-all' },
  { ...selects('msgrcv07', '112', { type: 1, except: true }, '2 2'), c: 'msgrcv-except' },
  { ...selects('own', '312', { type: 0, except: true }, '3 3'), c: 'msgrcv-except-zero' },
  { ...selects('own', '4321', { type: -2, except: true }, '1 1'), c: 'msgrcv-except-negative' },
  {
    id: 'own',
    what: 'messages of one type come in the order in which they were sent',
    expected: '1 first',
    c: 'msgrcv-in-order',
    ...order(
      [
        [1, 'first'],
        [1, 'second'],
      ],
      1,
    ),
  },
  {
    id: 'own',
    what: 'a negative type takes the first message of the lowest type',
    expected: '1 first',
    c: 'msgrcv-negative-in-order',
    ...order(
      [
        [2, 'other'],
        [1, 'first'],
        [1, 'second'],
      ],
      -2,
    ),
  },
  {
    id: 'msgrcv07',
    what: 'MSG_NOERROR cuts a message that is too long',
    expected: '1 hell',
    c: 'msgrcv-truncated',
    sync: () => take(queueOfOne().id, { size: 4, flags: MSG_NOERROR }),
    promise: () => queueOfOne().receive({ maxLength: 4, truncate: true }),
  },
];

const copies: Row[] = [
  {
    id: 'msgrcv07',
    what: 'MSG_COPY gives the message at an index',
    expected: '2 2',
    c: 'msgrcv-copy',
    sync: () => take(queueOfTypes('123').id, { type: 1, flags: MSG_COPY | IPC_NOWAIT }),
    promise: () => queueOfTypes('123').peek(1),
    needs: msgCopy,
  },
  {
    id: 'msgrcv07',
    what: 'MSG_COPY takes nothing',
    expected: 'messages 2',
    c: 'msgrcv-copy-stays',
    sync: () => {
      const { id } = queueOfTypes('12');
      take(id, { flags: MSG_COPY | IPC_NOWAIT });
      return `messages ${String(msgctl(id, IPC_STAT).msg_qnum)}`;
    },
    promise: async () => {
      const queue = queueOfTypes('12');
      await queue.peek();
      return `messages ${String((await queue.stat()).messages)}`;
    },
    needs: msgCopy,
  },
  {
    id: 'msgrcv03',
    what: 'MSG_COPY with an index past the end',
    expected: 'ENOMSG',
    c: 'msgrcv-copy-past-end',
    sync: () => take(queueOfTypes('12').id, { type: 2, flags: MSG_COPY | IPC_NOWAIT }),
    promise: async () => orEnomsg(await queueOfTypes('12').peek(2)),
    needs: msgCopy,
  },
  {
    id: 'msgrcv03',
    what: 'MSG_COPY with MSG_EXCEPT',
    expected: 'EINVAL',
    c: 'msgrcv-copy-except',
    sync: () => take(queueOfTypes('12').id, { flags: MSG_COPY | MSG_EXCEPT | IPC_NOWAIT }),
    promise: absent('peek has no selector'),
    needs: msgCopy,
  },
  {
    id: 'msgrcv03',
    what: 'MSG_COPY without IPC_NOWAIT',
    expected: 'EINVAL',
    c: 'msgrcv-copy-waiting',
    sync: () => take(queueOfTypes('12').id, { flags: MSG_COPY }),
    promise: absent('peek never waits'),
    needs: msgCopy,
  },
  {
    id: 'MsgCopyTooBig',
    what: 'MSG_COPY of a message longer than the memory',
    expected: 'E2BIG',
    c: 'msgrcv-copy-too-big',
    sync: () => take(queueOfTypes('12').id, { size: 0, flags: MSG_COPY | IPC_NOWAIT }),
    promise: absent('peek has room for every message'),
    needs: msgCopy,
  },
];

export const selectorRows: Row[] = [...byType, ...copies];
