/** Rows of sigqueue(3), and of what signalfd(2) gives of it. */

import { event } from 'posix-ipc';
import { sigqueue } from 'posix-ipc/syscalls';

import { closing } from '../support/sockets';
import { asNobody } from './elsewhere';
import { root } from './needs';
import { resultOf, type Run } from './result';
import { absent, different, own, type Row } from './row';

const number = event.SIGRTMIN + 1;
const NO_PID = 2 ** 23;
const hasNoSignalfd = absent('posix-ipc/syscalls has no signalfd');

function open(): event.SignalQueue {
  return closing(event.SignalQueue.openSync(number));
}

afterEach(() => {
  using left = event.SignalQueue.openSync(number);
  while (left.tryReceive() !== undefined); // what a row has not taken
});

function textOf(received: event.ReceivedSignal | undefined): string {
  if (received === undefined) return 'EAGAIN';
  const { value, pid, sentBy } = received;
  return `${String(value)} from ${pid === process.pid ? 'us' : 'another'} by ${sentBy}`;
}

/** Both forms of sending, and what comes, one after the other. */
function comes(
  c: string,
  what: string,
  expected: string,
  [send, sendByClass]: [send: () => void, sendByClass: () => void],
  times = 1,
): Row {
  const takes = (signals: event.SignalQueue): Run[] =>
    Array.from({ length: times }, () => () => textOf(signals.tryReceive()));
  const run = (sends: () => void) => async (): Promise<string> => {
    const signals = open();
    sends();
    const results: string[] = [];
    for (const take of takes(signals)) results.push(await resultOf(take));
    return results.join(', ');
  };
  return own(c, what, expected, run(send), run(sendByClass));
}

/** With these values. */
function values(...list: number[]): [() => void, () => void] {
  const send = (by: (pid: number, signal: number, value: number) => void) => (): void => {
    for (const value of list) by(process.pid, number, value);
  };
  return [send(sigqueue), send(event.sigqueue)];
}

function asks(c: string, what: string, expected: string, pid: number, signal: number): Row {
  return own(
    c,
    what,
    expected,
    () => {
      sigqueue(pid, signal, 0);
    },
    () => {
      event.sigqueue(pid, signal);
    },
  );
}

function killSelf(): void {
  process.kill(process.pid, number);
}

export const sigqueueRows: Row[] = [
  comes('sigqueue-value', 'its value and its sender', '42 from us by sigqueue', values(42)),
  comes(
    'sigqueue-negative',
    'the least value',
    '-2147483648 from us by sigqueue',
    values(-(2 ** 31)),
  ),
  comes('sigqueue-kill', 'kill(2) has no value', '0 from us by kill', [killSelf, killSelf]),
  comes(
    'sigqueue-order',
    'real-time signals are queued, in order',
    '1 from us by sigqueue, 2 from us by sigqueue, 3 from us by sigqueue',
    values(1, 2, 3),
    3,
  ),
  comes('sigqueue-none', 'there is none, without waiting', 'EAGAIN', values()),
  comes('sigqueue-taken', 'it is taken once', '1 from us by sigqueue, EAGAIN', values(1), 2),
  own(
    'sigqueue-reopened',
    'what nobody has taken waits for the next descriptor',
    '1 from us by sigqueue',
    () => {
      const signals = open();
      sigqueue(process.pid, number, 1);
      signals.close();
      return textOf(open().tryReceive());
    },
    async () => {
      const signals = open();
      event.sigqueue(process.pid, number, 1);
      signals.close();
      return textOf(await open().receive());
    },
  ),
  own(
    'sigqueue-closed',
    'reading after close',
    'EBADF',
    hasNoSignalfd,
    different('ERR_CLOSED', 'objects know that they are closed', () => {
      const signals = open();
      signals.close();
      return signals.receive();
    }),
  ),
  asks('sigqueue-absent', 'a process that there is not', 'ESRCH', NO_PID, 15),
  {
    ...asks('sigqueue-no-signal', 'signal 65', 'EINVAL', process.pid, 65),
    promise: different('ERR_OUT_OF_RANGE', 'arguments are checked before the call', () => {
      event.sigqueue(process.pid, 65);
    }),
  },
  asks('sigqueue-zero', 'signal 0 only asks', 'done', process.pid, 0),
  {
    ...own(
      'sigqueue-forbidden',
      'a process of another user',
      'EPERM',
      () => asNobody('sigqueue', process.pid),
      () => asNobody('event-sigqueue', process.pid),
    ),
    needs: root,
  },
];
