import { fstatSync, readSync, type Stats } from 'node:fs';

import { SystemError } from '../core/error';
import { proc } from '../core/proc';
import { mq_close, mq_getattr, mq_open, O_RDONLY } from '../syscalls';
import { kindOf, type Column } from './kind';
import { fileColumns, filedOf, filesIn, nameOf, type Filed } from './posix-file';
import { usersPart } from './users';
import { NONE, processText } from './words';

interface Queue extends Filed {
  messages: number | undefined;
  maxMessages: number | undefined;
  messageSize: number | undefined;
  /** Of all messages. */
  bytes: number | undefined;
  /** The process that mq_notify tells of the next message; 0: none. */
  notifyPid: number | undefined;
}

const columns: readonly Column<Queue>[] = [
  ...fileColumns,
  { header: 'messages', text: ({ messages }) => numberText(messages), right: true },
  { header: 'capacity', text: ({ maxMessages }) => numberText(maxMessages), right: true },
  { header: 'bytes', text: ({ bytes }) => numberText(bytes), right: true },
  { header: 'longest', text: ({ messageSize }) => numberText(messageSize), right: true },
  {
    header: 'tells',
    text: ({ notifyPid }) => (notifyPid === undefined ? NONE : processText(notifyPid)),
  },
];

function numberText(value: number | undefined): string {
  return value === undefined ? NONE : String(value);
}

/** NAME_MAX. */
const longestName = 255;

/** Where the names of all queues can be read; undefined where nobody has mounted that. */
function mountPoint(): string | undefined {
  const found = /^\S+ (\S+) mqueue /m.exec(proc('self/mounts') ?? '');
  return found?.[1]?.replace(/\\(\d{3})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8)),
  );
}

/** What an open queue says of itself, which mq_getattr(3) does not tell: mq_overview(7). */
function readSelf(mqd: number): { bytes: number; notifyPid: number } {
  const room = Buffer.alloc(256);
  const text = room.toString('latin1', 0, readSync(mqd, room, 0, room.length, 0));
  const field = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1]);
  return { bytes: field('QSIZE'), notifyPid: field('NOTIFY_PID') };
}

function withQueue<R>(name: string, use: (mqd: number) => R): R {
  const mqd = mq_open(name, O_RDONLY);
  try {
    return use(mqd);
  } finally {
    mq_close(mqd);
  }
}

function stateOf(name: string, mqd: number): Queue {
  const { mq_curmsgs, mq_maxmsg, mq_msgsize } = mq_getattr(mqd);
  return {
    ...filedOf(name, fstatSync(mqd)),
    messages: mq_curmsgs,
    maxMessages: mq_maxmsg,
    messageSize: mq_msgsize,
    ...readSelf(mqd),
  };
}

function all(notes: string[]): Queue[] | null {
  const folder = mountPoint();
  if (folder === undefined) {
    notes.push('their names are not to be seen here: mount -t mqueue none /dev/mqueue shows them');
    return null;
  }
  let others = 0;
  const queues = filesIn(folder, notes, (file, stats) => {
    const queue = listed(`/${file}`, stats);
    if (queue === undefined) others++;
    return queue;
  });
  if (queues.length > 0 || others === 0) return queues;
  notes.push(`${folder} shows those of another IPC namespace`);
  return null;
}

/** Without its state where this user may not open it; undefined: it is gone, or of another IPC namespace. */
function listed(name: string, stats: Stats): Queue | undefined {
  try {
    return withQueue(name, (mqd) =>
      fstatSync(mqd).dev === stats.dev ? stateOf(name, mqd) : undefined,
    );
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code === 'ENOENT') return undefined;
    const unknown = { messages: undefined, maxMessages: undefined, messageSize: undefined };
    return { ...filedOf(name, stats), ...unknown, bytes: undefined, notifyPid: undefined };
  }
}

function one(which: string): Queue {
  const name = nameOf(which, longestName);
  return withQueue(name, (mqd) => stateOf(name, mqd));
}

export const posixQueue = kindOf<Queue>({
  name: 'posix-queue',
  property: 'posixQueues',
  title: 'POSIX message queues',
  columns,
  all,
  one,
  parts: ({ name }) => [usersPart({ path: name, file: withQueue(name, (mqd) => fstatSync(mqd)) })],
});
