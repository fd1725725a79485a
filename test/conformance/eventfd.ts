/** Rows of eventfd(2): the calls of posix-ipc/syscalls, and event.EventFd. */

import { constants, readSync, writeSync } from 'node:fs';

import { event } from 'posix-ipc';
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EFD_SEMAPHORE,
  eventfd,
  eventfd_read,
  eventfd_write,
  O_CLOEXEC,
  O_NONBLOCK,
} from 'posix-ipc/syscalls';

import { untilBlockedIn, type BlockingCall } from '../support/blocked';
import { eventfdId } from '../support/descriptor-info';
import { closing, flagsOf } from '../support/pipes';
import type { Peer } from '../support/processes';
import { soon } from '../support/wait-until';
import { adoptDescriptor, closeNow } from './descriptors';
import { acrossSignalOf, start } from './elsewhere';
import { orEagain, resultsOf } from './result';
import { absent, different, gvisor, own, type Column, type Row } from './row';

const most = 2n ** 64n - 2n;
const noFlags = absent('the class has options');
const knowsItsSize = absent('the class reads and writes 8 bytes');
const restarts = absent('Node sets SA_RESTART on all its handlers');

function newCounter(initial = 0, flags = EFD_NONBLOCK): number {
  return adoptDescriptor(eventfd(initial, flags));
}

function counterObject(options?: event.EventFdOptions): event.EventFd {
  return closing(event.EventFd.createSync(options));
}

function orEmpty(value: bigint | undefined): bigint | string {
  return value ?? 'EAGAIN';
}

/** What is read, one time after the other, after some was added. */
function reads(
  c: string,
  what: string,
  expected: string,
  [initial, added]: [initial: number, added: bigint[]],
  times = 1,
  semaphore = false,
): Row {
  const again = <R>(read: () => R): (() => R)[] => Array.from({ length: times }, () => read);
  return own(
    c,
    what,
    expected,
    () => {
      const fd = newCounter(initial, EFD_NONBLOCK | (semaphore ? EFD_SEMAPHORE : 0));
      for (const amount of added) eventfd_write(fd, amount);
      return resultsOf(...again(() => eventfd_read(fd)));
    },
    async () => {
      const counter = counterObject({ initial, semaphore });
      for (const amount of added) await counter.write(amount);
      return resultsOf(...again(() => orEmpty(counter.tryRead())));
    },
  );
}

/** What a write says when the counter holds something. */
function writes(
  c: string,
  what: string,
  expected: string,
  [held, amount]: [held: bigint, amount: bigint],
): Row {
  return own(
    c,
    what,
    expected,
    () => {
      const fd = newCounter();
      eventfd_write(fd, held);
      eventfd_write(fd, amount);
    },
    async () => {
      const counter = counterObject();
      await counter.write(held);
      return orEagain(counter.tryWrite(amount));
    },
  );
}

const counting: Row[] = [
  reads('eventfd-initial', 'what it is made with', '5', [5, []]),
  reads('eventfd-largest-initial', 'the most of that', '4294967295', [2 ** 32 - 1, []]),
  reads('eventfd-adds', 'writes add', '6', [1, [2n, 3n]]),
  reads('eventfd-reset', 'a read takes all', '5 EAGAIN', [5, []], 2),
  {
    ...reads('eventfd-semaphore', 'with EFD_SEMAPHORE it takes 1', '1 1 EAGAIN', [2, []], 3, true),
    id: 'Nonblock',
  },
  reads('eventfd-empty', 'a counter of 0, without waiting', 'EAGAIN', [0, []]),
  reads('eventfd-zero', 'adding 0 wakes nobody', 'EAGAIN', [0, [0n]]),
  reads('eventfd-largest', 'the most that it holds', String(most), [0, [most]]),
  {
    ...writes('eventfd-too-large', '2^64 - 1', 'EINVAL', [0n, most + 1n]),
    promise: different('ERR_OUT_OF_RANGE', 'arguments are checked before the call', () =>
      counterObject().write(most + 1n),
    ),
  },
  writes('eventfd-overflow', 'more than there is room for, without waiting', 'EAGAIN', [1n, most]),
  writes('eventfd-up-to-most', 'as much as there is room for', 'done', [most - 1n, 1n]),
  own(
    'eventfd-overflow-keeps',
    'what is refused changes nothing',
    '7',
    () => {
      const fd = newCounter(7);
      expect(() => {
        eventfd_write(fd, most);
      }).toThrow('EAGAIN');
      return eventfd_read(fd);
    },
    () => {
      const counter = counterObject({ initial: 7 });
      expect(counter.tryWrite(most)).toBe(false);
      return counter.read();
    },
  ),
];

function flag(c: string, what: string, [flags, wanted]: [number, number]): Row {
  const isSet = (fd: number): string => ((flagsOf(fd) & wanted) === 0 ? 'not set' : 'set');
  return own(
    c,
    what,
    'set',
    () => isSet(newCounter(0, flags)),
    () => isSet(counterObject().fd),
  );
}

function closed(c: string, what: string, call: (fd: number) => unknown, promise: Column): Row {
  return own(
    c,
    what,
    'EBADF',
    () => {
      const fd = newCounter(1);
      closeNow(fd);
      return call(fd);
    },
    promise,
  );
}

function closedObject(): event.EventFd {
  const counter = counterObject();
  counter.close();
  return counter;
}

const knowsItIsClosed = 'objects know that they are closed';

const refusals: Row[] = [
  own(
    'eventfd-flags',
    'a flag that there is not',
    'EINVAL',
    () => eventfd(0, constants.O_APPEND),
    noFlags,
  ),
  gvisor(
    'SmallRead',
    'eventfd-small-read',
    'reading 4 bytes',
    'EINVAL',
    () => readSync(newCounter(1), Buffer.alloc(4)),
    knowsItsSize,
  ),
  gvisor(
    'SmallWrite',
    'eventfd-small-write',
    'writing 4 bytes',
    'EINVAL',
    () => writeSync(newCounter(), Buffer.alloc(4)),
    knowsItsSize,
  ),
  gvisor(
    'BigRead',
    'eventfd-big-read',
    'reading 128 bytes',
    '8',
    () => readSync(newCounter(1), Buffer.alloc(128)),
    knowsItsSize,
  ),
  closed(
    'eventfd-closed',
    'reading after close',
    (fd) => eventfd_read(fd),
    different('ERR_CLOSED', knowsItIsClosed, () => closedObject().read()),
  ),
  closed(
    'eventfd-write-closed',
    'writing after close',
    (fd) => {
      eventfd_write(fd, 1n);
    },
    different('ERR_CLOSED', knowsItIsClosed, () => closedObject().write()),
  ),
  flag('eventfd-cloexec', 'EFD_CLOEXEC', [EFD_CLOEXEC, O_CLOEXEC]),
  flag('eventfd-nonblock', 'EFD_NONBLOCK', [EFD_NONBLOCK, O_NONBLOCK]),
];

// ---- blocking, in another process, which has it as descriptor 3

interface Form {
  call: string;
  sleeps: BlockingCall;
  /** What it is made with: the class makes it nonblocking for all who have it. */
  flags: number;
}

async function waiter(fd: number, { call, sleeps }: Form): Promise<Peer> {
  const peer = start(call, { key: 3 }, [fd]);
  await untilBlockedIn(sleeps, peer.pid, sleeps === 'epoll' ? eventfdId(fd) : undefined);
  return peer;
}

const readForms: [Form, Form] = [
  { call: 'eventfd_read', sleeps: 'read', flags: 0 },
  { call: 'eventfd-read', sleeps: 'epoll', flags: EFD_NONBLOCK },
];
const writeForms: [Form, Form] = [
  { call: 'eventfd_write', sleeps: 'write', flags: 0 },
  { call: 'eventfd-write', sleeps: 'epoll', flags: EFD_NONBLOCK },
];

/** Another process waits; then something happens to the counter. */
function waits(
  c: string,
  what: string,
  expected: string,
  [held, forms]: [held: bigint, forms: [Form, Form]],
  happen: (fd: number, peer: Peer) => unknown,
): Row {
  const [sync, promise] = forms.map((form) => async (): Promise<unknown> => {
    const fd = newCounter(0, form.flags);
    eventfd_write(fd, held);
    const peer = await waiter(fd, form);
    return (await happen(fd, peer)) ?? peer.line();
  }) as [Column, Column];
  return own(c, what, expected, sync, promise);
}

const blocking: Row[] = [
  waits('eventfd-read-goes-on', 'a read that blocks goes on', '3', [0n, readForms], (fd) => {
    eventfd_write(fd, 3n);
  }),
  waits('eventfd-write-goes-on', 'so does a write', 'done', [most, writeForms], (fd) => {
    eventfd_read(fd);
  }),
  own(
    'eventfd-interrupted',
    'a handler without SA_RESTART runs while it blocks',
    'EINTR',
    restarts,
    different('signal, then 3', 'the handler runs meanwhile', async () => {
      const fd = newCounter();
      const peer = await waiter(fd, readForms[1]);
      return acrossSignalOf(peer, () => {
        eventfd_write(fd, 3n);
      });
    }),
  ),
  waits(
    'eventfd-killed',
    'who is killed while it waits takes nothing',
    '4',
    [0n, readForms],
    async (fd, peer) => {
      peer.kill('SIGKILL');
      await soon('its end', peer.ended);
      eventfd_write(fd, 4n);
      return eventfd_read(fd);
    },
  ),
];

export const eventfdRows: Row[] = [...counting, ...refusals, ...blocking];
