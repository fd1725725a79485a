import { MSG_INFO, MSG_STAT_ANY, msgctl } from '../syscalls';
import { MessageQueue } from '../sysv/message-queue';
import { statusOf, type QueueStatus } from '../sysv/queue-status';
import { ifKnown, kindOf, partOf, type Column, type Part } from './kind';
import { namedColumns, objectsOf, pick } from './system-v';
import { bytesText, dateText, processText } from './words';

interface Peeked {
  index: number;
  type: string;
  length: number;
  /** The first bytes, as text. */
  begin: string;
}

/** Of a message. */
const mostShown = 40;

const columns: readonly Column<QueueStatus>[] = [
  ...namedColumns,
  { header: 'messages', text: ({ messages }) => String(messages), right: true },
  { header: 'bytes', text: ({ bytes }) => String(bytes), right: true },
  { header: 'capacity', text: ({ maxBytes }) => String(maxBytes), right: true },
  { header: 'last sent by', text: ({ lastSendPid }) => processText(lastSendPid) },
  { header: 'last received by', text: ({ lastReceivePid }) => processText(lastReceivePid) },
  { header: 'sent', text: ({ sentAt }) => dateText(sentAt), detail: true },
  { header: 'received', text: ({ receivedAt }) => dateText(receivedAt), detail: true },
];

const peekedColumns: readonly Column<Peeked>[] = [
  { header: 'index', text: ({ index }) => String(index), right: true },
  { header: 'type', text: ({ type }) => type, right: true },
  { header: 'length', text: ({ length }) => String(length), right: true },
  { header: 'begins with', text: ({ begin }) => begin },
];

function queueAt(index: number): QueueStatus {
  const ds = msgctl(index, MSG_STAT_ANY);
  return statusOf(ds.msqid, ds);
}

function all(): QueueStatus[] {
  return objectsOf(msgctl(0, MSG_INFO).index, queueAt);
}

/** Copies of the first messages, which stay where they are. */
function* peekedOf(id: number, most: number): Generator<Peeked> {
  const queue = MessageQueue.fromIdSync(id);
  try {
    for (let index = 0; index < most; index++) {
      const message = queue.peekSync(index);
      if (message === undefined) return;
      const { type, data } = message;
      const begin = bytesText(data, mostShown);
      yield { index, type: String(type), length: data.length, begin };
    }
  } finally {
    queue.close();
  }
}

function contentOf({ id, messages }: QueueStatus, most: number): Part {
  const notes: string[] = [];
  const peeked = ifKnown(() => [...peekedOf(id, most)], notes);
  if (peeked !== null && messages > peeked.length) {
    notes.push(`${String(messages - peeked.length)} more`);
  }
  return partOf('content', 'Messages', peekedColumns, peeked, notes);
}

export const sysvQueue = kindOf<QueueStatus>({
  name: 'sysv-queue',
  property: 'sysvQueues',
  title: 'System V message queues',
  columns,
  all,
  one: (which) => pick(which, all()),
  parts: (queue, most) => [contentOf(queue, most)],
});
