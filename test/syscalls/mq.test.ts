/** posix-ipc/syscalls: mq_*, as in C. What they answer in each case stands in conformance/. */

import { fstatSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import {
  mq_close,
  mq_getattr,
  mq_notify,
  mq_open,
  mq_receive,
  mq_send,
  mq_setattr,
  mq_timedreceive,
  mq_timedsend,
  mq_unlink,
  O_CREAT,
  O_NONBLOCK,
  O_RDWR,
  SIGEV_NONE,
  SIGEV_SIGNAL,
} from 'posix-ipc/syscalls';

import { untilBlockedIn, type BlockingCall } from '../support/blocked';
import { codeThrownBy, thrownBy } from '../support/outcome';
import { unusedQueueName } from '../support/posix-queues';
import { soon } from '../support/wait-until';

const open: number[] = [];

function queue(flags = 0, mq_maxmsg = 4): number {
  const name = unusedQueueName();
  const fd = mq_open(name, O_CREAT | O_RDWR | flags, 0o600, { mq_maxmsg, mq_msgsize: 16 });
  mq_unlink(name);
  open.push(fd);
  return fd;
}

afterEach(() => {
  for (const fd of open.splice(0)) mq_close(fd);
});

const memory = Buffer.alloc(16);
const past = { tv_sec: 0, tv_nsec: 0 };

test('messages, priorities and attributes', () => {
  const fd = queue();
  const priority = new Uint32Array(1);
  mq_send(fd, 'low', 3, 1);
  mq_send(fd, Buffer.from('high'), 2, 32_767);
  expect(mq_getattr(fd)).toEqual({ mq_flags: 0, mq_maxmsg: 4, mq_msgsize: 16, mq_curmsgs: 2 });
  expect([mq_receive(fd, memory, 16, priority), priority[0]]).toEqual([2, 32_767]);
  expect(memory.toString('latin1', 0, 2)).toBe('hi');
  expect(mq_timedreceive(fd, memory, 16, priority, past)).toBe(3);
  expect(priority[0]).toBe(1);
  mq_timedsend(fd, '', 0, 0, past);
  expect(mq_receive(fd, memory, 16)).toBe(0);
});

test('without attributes there are defaults, and the umask applies', () => {
  const name = unusedQueueName();
  const before = process.umask(0o027);
  const fd = mq_open(name, O_CREAT | O_RDWR, 0o666);
  process.umask(before);
  open.push(fd);
  mq_unlink(name);
  expect(fstatSync(fd).mode & 0o777).toBe(0o640);
  expect(mq_getattr(fd).mq_maxmsg).toBeGreaterThan(0);
});

test('an open queue that does not block', () => {
  const fd = queue(0, 1);
  expect(mq_setattr(fd, { mq_flags: O_NONBLOCK })).toMatchObject({ mq_flags: 0, mq_maxmsg: 1 });
  expect(mq_getattr(fd).mq_flags).toBe(O_NONBLOCK);
  expect(codeThrownBy(() => mq_receive(fd, memory, 16))).toBe('EAGAIN');
  mq_send(fd, 'x', 1, 0);
  expect(
    codeThrownBy(() => {
      mq_send(fd, 'x', 1, 0);
    }),
  ).toBe('EAGAIN');
});

test('errors have the call, and the name where there is one', () => {
  const name = unusedQueueName();
  expect(thrownBy(() => mq_open(name, O_RDWR))).toMatchObject({
    message: `ENOENT: no such file or directory, mq_open '${name}'`,
    syscall: 'mq_open',
    path: name,
  });
  const fd = queue(0, 1);
  const codes = [
    () => mq_open('no-slash', O_RDWR),
    () => mq_getattr(0),
    () => {
      mq_close(-1);
    },
    () => {
      mq_unlink(name);
    },
    () => mq_setattr(fd, { mq_flags: 1 }),
    () => {
      mq_send(fd, Buffer.alloc(17), 17, 0);
    },
    () => {
      mq_send(fd, 'x', 1, 32_768);
    },
    () => mq_receive(fd, memory, 15),
    () => mq_timedreceive(fd, memory, 16, null, past),
    () => mq_timedreceive(fd, memory, 16, null, { tv_sec: 0, tv_nsec: 1e9 }),
    () => {
      mq_notify(fd, { sigev_notify: 2 });
    },
  ].map(codeThrownBy);
  expect(codes).toEqual([
    'EINVAL',
    'EBADF',
    'EBADF',
    'ENOENT',
    'EINVAL',
    'EMSGSIZE',
    'EINVAL',
    'EMSGSIZE',
    'ETIMEDOUT',
    'EINVAL',
    'EINVAL',
  ]);
});

test('wrong arguments', () => {
  const fd = queue();
  expect(codeThrownBy(() => mq_receive(fd, memory, 17))).toBe('ERR_OUT_OF_RANGE');
  expect(codeThrownBy(() => mq_receive(fd, 4096 as never, 1))).toBe('ERR_INVALID_ARG_TYPE');
  expect(codeThrownBy(() => mq_receive(fd, memory, 16, new Uint32Array(0)))).toBe(
    'ERR_INVALID_ARG_TYPE',
  );
  expect(
    codeThrownBy(() => {
      mq_send(fd, 'x', 2, 0);
    }),
  ).toBe('ERR_OUT_OF_RANGE');
  expect(
    codeThrownBy(() => {
      mq_notify(fd, { sigev_notify: -1 });
    }),
  ).toBe('ERR_OUT_OF_RANGE');
  expect(mq_getattr(fd).mq_curmsgs).toBe(0);
});

test('a notification', () => {
  const fd = queue();
  const SIGURG = 23; // ignored, where nobody handles it
  mq_notify(fd, { sigev_notify: SIGEV_SIGNAL, sigev_signo: SIGURG, sigev_value: 7 });
  expect(
    codeThrownBy(() => {
      mq_notify(fd, { sigev_notify: SIGEV_NONE });
    }),
  ).toBe('EBUSY');
  mq_send(fd, 'x', 1, 0);
  mq_notify(fd, { sigev_notify: SIGEV_NONE }); // that one is over
  mq_notify(fd, null);
});

describe('they block', () => {
  /** A worker that makes a call, and tells what it has. */
  function calling(fd: number, call: string): Worker {
    const program = `
      const { workerData: fd, parentPort } = require('node:worker_threads');
      const { mq_receive, mq_send } = require('posix-ipc/syscalls');
      parentPort.postMessage(${call});`;
    return new Worker(program, { eval: true, workerData: fd });
  }

  const calls: [string, BlockingCall, string, (fd: number) => void][] = [
    [
      'mq_receive',
      'mq_timedreceive',
      'mq_receive(fd, Buffer.alloc(16), 16)',
      (fd) => {
        mq_send(fd, 'abc', 3, 0);
      },
    ],
    [
      'mq_send',
      'mq_timedsend',
      "(mq_send(fd, 'b', 1, 0), 3)",
      (fd) => {
        mq_receive(fd, memory, 16);
      },
    ],
  ];

  describe.each(calls)('%s', (name, call, text, end) => {
    function ready(): number {
      const fd = queue(0, 1);
      if (name === 'mq_send') mq_send(fd, 'a', 1, 0);
      return fd;
    }

    test('until it can be done', async () => {
      const fd = ready();
      const worker = calling(fd, text);
      const answer = new Promise((resolve) => worker.once('message', resolve));
      await untilBlockedIn(call, process.pid, fd);
      end(fd);
      expect(await soon('the answer', answer)).toBe(3);
    });

    test('but a worker can be ended, and nothing was done', async () => {
      const fd = ready();
      const worker = calling(fd, text);
      await untilBlockedIn(call, process.pid, fd);
      const { mq_curmsgs } = mq_getattr(fd);
      await soon('its end', worker.terminate());
      expect(mq_getattr(fd).mq_curmsgs).toBe(mq_curmsgs);
    });
  });
});
