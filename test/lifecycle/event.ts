/** The rows of eventfds, of the ends of processes, and of signals to this process. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { event } from 'posix-ipc';
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  eventfd,
  eventfd_read,
  eventfd_write,
  sigqueue,
} from 'posix-ipc/syscalls';

import { eventfdId } from '../support/descriptor-info';
import { descriptorsOf, hold } from './held';
import { operationOf, type Kind } from './operation-of';
import type { WaitingOperation } from './waiting-operation';

// ---- eventfd

const most = 2n ** 64n - 2n;

function newCounter(value: bigint): number {
  const fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  eventfd_write(fd, value);
  const id = eventfdId(fd);
  hold(id, [fd]);
  return id;
}

function counterOf(id: number): event.EventFd {
  return event.EventFd.fromFdSync(descriptorsOf(id)[0], { own: false });
}

function valueOf(id: number): string[] {
  using counter = counterOf(id);
  return [String(counter.value)];
}

const counted: Kind<event.EventFd> = {
  gives: false,
  contents: { untouched: ['0'], unserved: ['7'], served: ['0'] },
  create: () => newCounter(0n),
  open: counterOf,
  satisfy: (id) => {
    eventfd_write(descriptorsOf(id)[0], 7n);
  },
  contentsOf: valueOf,
};

const full: Kind<event.EventFd> = {
  ...counted,
  gives: true,
  contents: { untouched: [String(most)], unserved: ['0'], served: ['5'] },
  create: () => newCounter(most),
  satisfy: (id) => {
    eventfd_read(descriptorsOf(id)[0]);
  },
};

// ---- the end of a process

function hasEnded(pid: number): boolean {
  try {
    return / [ZX] /.test(readFileSync(`/proc/${String(pid)}/stat`, 'latin1'));
  } catch {
    return true;
  }
}

/** Until it is a zombie at least. */
function kill(pid: number): void {
  process.kill(pid, 'SIGKILL');
  while (!hasEnded(pid));
}

const running: Kind<event.Process> = {
  gives: false,
  contents: { untouched: ['runs'], unserved: ['has ended'], served: ['has ended'] },
  create: () => {
    const { pid } = spawn('sleep', ['1000'], { stdio: 'ignore' });
    if (pid === undefined) throw new Error('there is no sleep(1)');
    return pid;
  },
  open: (pid) => event.Process.openSync(pid),
  satisfy: kill,
  contentsOf: (pid) => [hasEnded(pid) ? 'has ended' : 'runs'],
  remove: kill,
};

// ---- signals

const number = event.SIGRTMIN + 2;

/** What has come, and comes again. */
function signalled(): string[] {
  using signals = event.SignalQueue.openSync(number);
  const values: number[] = [];
  for (let next = signals.tryReceive(); next !== undefined; next = signals.tryReceive()) {
    values.push(next.value);
  }
  for (const value of values) sigqueue(process.pid, number, value);
  return values.map(String);
}

function forgetSignals(): void {
  using signals = event.SignalQueue.openSync(number);
  while (signals.tryReceive() !== undefined);
}

/** Only within one process; those that end are in signal-queue.test.ts. */
const signals: Kind<event.SignalQueue> = {
  gives: false,
  contents: { untouched: [], unserved: ['7'], served: [] },
  create: () => {
    forgetSignals();
    return number;
  },
  open: () => event.SignalQueue.openSync(number),
  satisfy: () => {
    sigqueue(process.pid, number, 7);
  },
  contentsOf: signalled,
  remove: forgetSignals,
};

export const events: readonly WaitingOperation[] = [
  operationOf(counted, { name: 'EventFd.read', wait: (counter, limits) => counter.read(limits) }),
  operationOf(full, {
    name: 'EventFd.write',
    variant: true,
    wait: (counter, limits) => counter.write(5n, limits),
  }),
  operationOf(counted, {
    name: 'EventFd.readSync',
    form: 'sync',
    variant: true,
    wait: (counter, limits) => counter.readSync(limits),
  }),
  operationOf(full, {
    name: 'EventFd.writeSync',
    form: 'sync',
    variant: true,
    wait: (counter, limits) => {
      counter.writeSync(5n, limits);
    },
  }),
  operationOf(running, {
    name: 'Process.ended',
    wait: (watched, limits) => watched.ended(limits),
  }),
  operationOf(running, {
    name: 'watchProcess',
    variant: true,
    belongsToNothing: true,
    wait: (_watched, limits, pid) => event.watchProcess(pid, limits),
  }),
  operationOf(running, {
    name: 'Process.endedSync',
    form: 'sync',
    variant: true,
    wait: (watched, limits) => {
      watched.endedSync(limits);
    },
  }),
  operationOf(signals, {
    name: 'SignalQueue.receive',
    variant: true,
    wait: (queue, limits) => queue.receive(limits),
  }),
  operationOf(signals, {
    name: 'SignalQueue.receiveSync',
    form: 'sync',
    variant: true,
    wait: (queue, limits) => queue.receiveSync(limits),
  }),
];
