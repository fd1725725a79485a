/** posix-ipc/syscalls: the calls as the man pages have them. What they answer in each case stands in conformance/. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { SystemError } from 'posix-ipc';
import {
  IPC_CREAT,
  IPC_EXCL,
  IPC_INFO,
  IPC_NOWAIT,
  IPC_PRIVATE,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  MSG_COPY,
  MSG_EXCEPT,
  MSG_INFO,
  MSG_NOERROR,
  MSG_STAT,
  MSG_STAT_ANY,
  msgbuf,
  msgctl,
  msgget,
  msgrcv,
  msgsnd,
} from 'posix-ipc/syscalls';

import { kernelLimit, maySurpassLimits, testIf } from '../support/machine';
import { codeThrownBy, thrownBy } from '../support/outcome';
import { adoptId } from '../support/queues';
import { randomKey } from '../support/random-key';

const TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';

function queue(): number {
  return adoptId(msgget(IPC_PRIVATE, 0o600));
}

type View = new (memory: ArrayBuffer) => NodeJS.ArrayBufferView;

/** Views of each kind that this Node has. */
function kinds(): [string, View][] {
  const names = Object.getOwnPropertyNames(globalThis);
  const views = names.filter((name) => /^([A-Z].*\dA|Uint8ClampedA)rray$|^DataView$/.test(name));
  return views.map((name) => [name, Reflect.get(globalThis, name) as View]);
}

function put(id: number, type: number | bigint, text: string): void {
  msgsnd(id, msgbuf(type, text), Buffer.byteLength(text), IPC_NOWAIT);
}

function get(id: number, type: number | bigint = 0, flags = 0, size = 100): [bigint, string] {
  const buffer = Buffer.alloc(8 + size);
  const length = msgrcv(id, buffer, size, type, flags | IPC_NOWAIT);
  return [buffer.readBigInt64LE(), buffer.toString('utf8', 8, 8 + length)];
}

describe('msgbuf', () => {
  test('is the type in 8 bytes, then the payload', () => {
    expect([...msgbuf(258, 'ab')]).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 97, 98]);
    expect(msgbuf(1, '')).toHaveLength(8);
  });

  test('takes types over the full range of a long, also those that msgsnd refuses', () => {
    for (const type of [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
      expect(msgbuf(type, '').readBigInt64LE()).toBe(type);
    }
    expect(msgbuf(Number.MAX_SAFE_INTEGER, '').readBigInt64LE()).toBe(2n ** 53n - 1n);
  });

  test('copies the payload, of any kind', () => {
    const data = new Uint16Array([0x4241]);
    const message = msgbuf(1, data);
    data[0] = 0;
    expect(message.toString('utf8', 8)).toBe('AB');
  });

  test.each([NaN, 0.5, 2 ** 53, 2n ** 63n])('finds the type %p out of range', (type) => {
    expect(codeThrownBy(() => msgbuf(type, ''))).toBe(RANGE);
  });

  test.each(['5', true, undefined, null, Symbol('s')])('refuses the type %p', (type) => {
    expect(codeThrownBy(() => msgbuf(type as never, ''))).toBe(TYPE);
  });

  test('refuses what is no data', () => {
    expect(codeThrownBy(() => msgbuf(1, 5 as never))).toBe(TYPE);
  });
});

describe('msgget', () => {
  test('makes and finds a queue', () => {
    const key = randomKey();
    const id = adoptId(msgget(key, IPC_CREAT | IPC_EXCL | 0o600));
    expect(msgget(key, 0)).toBe(id);
    expect(msgctl(id, IPC_STAT).msg_perm).toMatchObject({ key, mode: 0o600 });
  });

  test('takes keys signed and unsigned', () => {
    const key = -randomKey();
    const id = adoptId(msgget(key, IPC_CREAT | 0o600));
    expect(msgget(key >>> 0, 0)).toBe(id);
  });

  test('throws a SystemError with the key', () => {
    const key = randomKey();
    const error = thrownBy(() => msgget(key, 0));
    expect(error).toBeInstanceOf(SystemError);
    expect(Object.fromEntries(Object.entries(error))).toEqual({
      code: 'ENOENT',
      errno: -2,
      syscall: 'msgget',
      key,
    });
  });

  test.each([
    [['1', 0], TYPE],
    [[1, '0'], TYPE],
    [[], TYPE],
    [[2 ** 32, 0], RANGE],
    [[0.5, 0], RANGE],
    [[1, 2 ** 31], RANGE],
  ])('refuses %j', (args, code) => {
    expect(codeThrownBy(() => msgget(...(args as [number, number])))).toBe(code);
  });
});

describe('msgsnd and msgrcv', () => {
  test.each(kinds())('%s is as long as its bytes', (_name, Kind) => {
    const id = queue();
    const [sent, received] = [new Kind(new ArrayBuffer(24)), new Kind(new ArrayBuffer(24))];
    Buffer.from(sent.buffer).set(msgbuf(5, 'sixteen bytes ..'));
    msgsnd(id, sent, 16, IPC_NOWAIT);
    expect(msgrcv(id, received, 16, 0, IPC_NOWAIT)).toBe(16);
    expect(Buffer.from(received.buffer)).toEqual(Buffer.from(sent.buffer));
    expect(codeThrownBy(() => msgrcv(id, received, 17, 0, IPC_NOWAIT))).toBe(RANGE);
  });

  test('pass a message', () => {
    const id = queue();
    put(id, 7, 'hello');
    expect(get(id)).toEqual([7n, 'hello']);
  });

  test('send as many bytes as msgsz says, from the front', () => {
    const id = queue();
    msgsnd(id, msgbuf(1, 'hello'), 4, 0);
    msgsnd(id, msgbuf(1, 'hello'), 0, 0);
    expect(get(id)).toEqual([1n, 'hell']);
    expect(get(id)).toEqual([1n, '']);
  });

  test('take a view with an offset, and a DataView', () => {
    const id = queue();
    const memory = Buffer.alloc(20, '.');
    memory.set(msgbuf(3, 'ab'), 5);
    msgsnd(id, new DataView(memory.buffer, memory.byteOffset + 5, 10), 2, 0);
    const into = Buffer.alloc(20, '.');
    expect(msgrcv(id, into.subarray(4, 14), 2, 0, 0)).toBe(2);
    expect(into.readBigInt64LE(4)).toBe(3n);
    expect(into.toString('utf8', 12)).toBe('ab......');
    expect(into.toString('utf8', 0, 4)).toBe('....');
  });

  test('select by type, number or bigint, over the full range of a long', () => {
    const id = queue();
    const most = 2n ** 63n - 1n;
    for (const type of [4, 3, 2, 1, most]) put(id, type, String(type));
    expect(get(id, -2)).toEqual([1n, '1']);
    expect(get(id, 4n)).toEqual([4n, '4']);
    expect(get(id, 3, MSG_EXCEPT)).toEqual([2n, '2']);
    expect(get(id, most)).toEqual([most, String(most)]);
    expect(get(id, -(2n ** 63n))).toEqual([3n, '3']);
  });

  test('a copy takes IPC_NOWAIT, in a worker, too', async () => {
    const id = queue();
    put(id, 1, 'hello');
    const program = `
      const { workerData: id, parentPort } = require('node:worker_threads');
      const { MSG_COPY, msgrcv } = require('posix-ipc/syscalls');
      try {
        parentPort.postMessage(msgrcv(id, Buffer.alloc(16), 8, 0, MSG_COPY));
      } catch (error) {
        parentPort.postMessage(error.code);
      }`;
    const worker = new Worker(program, { eval: true, workerData: id });
    const [answers] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
    expect(answers).toEqual(['EINVAL']);
  });

  test('cut and copy', () => {
    const id = queue();
    put(id, 1, 'hello');
    expect(get(id, 0, MSG_COPY)).toEqual([1n, 'hello']);
    expect(codeThrownBy(() => get(id, 0, 0, 4))).toBe('E2BIG');
    expect(get(id, 0, MSG_NOERROR, 4)).toEqual([1n, 'hell']);
    expect(codeThrownBy(() => get(id))).toBe('ENOMSG');
  });

  test('throw a SystemError with the id', () => {
    const id = queue();
    const error = thrownBy(() => get(id));
    expect(Object.fromEntries(Object.entries(error))).toEqual({
      code: 'ENOMSG',
      errno: -42,
      syscall: 'msgrcv',
      id,
    });
    expect(error.message).toBe(`ENOMSG: no message of desired type, msgrcv id ${String(id)}`);
  });

  test.each([
    ['no view', ['x', 0, 0], TYPE],
    ['an ArrayBuffer', [new ArrayBuffer(20), 0, 0], TYPE],
    ['the number of a slab', [0, 0, 0], TYPE],
    ['no room for the type', [Buffer.alloc(7), 0, 0], RANGE],
    ['less room than msgsz', [Buffer.alloc(10), 3, 0], RANGE],
    ['a negative size', [Buffer.alloc(10), -1, 0], RANGE],
    ['a huge size', [Buffer.alloc(10), 2 ** 53 - 1, 0], RANGE],
    ['no size', [Buffer.alloc(10), undefined, 0], TYPE],
    ['flags that are none', [Buffer.alloc(10), 2, 'x'], TYPE],
  ])('refuse %s', (_what, [msgp, msgsz, msgflg], code) => {
    const id = queue();
    const view = msgp as Buffer;
    const size = msgsz as number;
    const flags = (typeof msgflg === 'number' ? msgflg | IPC_NOWAIT : msgflg) as number;
    expect(
      codeThrownBy(() => {
        msgsnd(id, view, size, flags);
      }),
    ).toBe(code);
    expect(codeThrownBy(() => msgrcv(id, view, size, 0, flags))).toBe(code);
  });

  test.each([
    [2n ** 63n, RANGE],
    [2 ** 53, RANGE],
    [0.5, RANGE],
    ['1', TYPE],
    [undefined, TYPE],
  ])('refuse the msgtyp %p', (type, code) => {
    const id = queue();
    expect(codeThrownBy(() => get(id, type as number))).toBe(
      code === TYPE && type === undefined ? 'ENOMSG' : code,
    );
  });
});

describe('msgctl', () => {
  test('IPC_STAT gives struct msqid_ds', () => {
    const id = queue();
    put(id, 1, 'abc');
    const { msg_perm, msg_ctime, msg_stime, ...rest } = msgctl(id, IPC_STAT);
    const [uid, gid] = [process.getuid?.(), process.getgid?.()];
    expect(msg_perm).toEqual({
      key: 0,
      uid,
      gid,
      cuid: uid,
      cgid: gid,
      mode: 0o600,
      seq: expect.any(Number) as number,
    });
    expect(rest).toEqual({
      msg_rtime: 0,
      msg_cbytes: 3,
      msg_qnum: 1,
      msg_qbytes: kernelLimit('msgmnb'),
      msg_lspid: process.pid,
      msg_lrpid: 0,
    });
    for (const time of [msg_ctime, msg_stime]) {
      expect(time).toBeGreaterThan(Date.now() / 1000 - 60);
    }
  });

  test('IPC_SET sets what it is given', () => {
    const id = queue();
    const { uid, gid } = msgctl(id, IPC_STAT).msg_perm;
    msgctl(id, IPC_SET, { msg_perm: { uid, gid, mode: 0o640 }, msg_qbytes: 77 });
    expect(msgctl(id, IPC_STAT)).toMatchObject({ msg_perm: { mode: 0o640 }, msg_qbytes: 77 });
  });

  testIf(maySurpassLimits, 'no CAP_SYS_RESOURCE')(
    'IPC_SET takes what IPC_STAT gives, however large',
    () => {
      const id = queue();
      const { msg_perm } = msgctl(id, IPC_STAT);
      msgctl(id, IPC_SET, { msg_perm, msg_qbytes: 2 ** 64 });
      const ds = msgctl(id, IPC_STAT);
      msgctl(id, IPC_SET, ds);
      expect([ds.msg_qbytes, msgctl(id, IPC_STAT).msg_qbytes]).toEqual([2 ** 64, 2 ** 64]);
    },
  );

  testIf(!maySurpassLimits, 'has CAP_SYS_RESOURCE')(
    'IPC_SET of 2^64 is for the kernel to refuse',
    () => {
      const id = queue();
      const { msg_perm } = msgctl(id, IPC_STAT);
      const set = (): void => {
        msgctl(id, IPC_SET, { msg_perm, msg_qbytes: 2 ** 64 });
      };
      expect(codeThrownBy(set)).toBe('EPERM');
    },
  );

  test('IPC_SET needs all fields, of the right kind', () => {
    const id = queue();
    const perm = { uid: 0, gid: 0, mode: 0o600 };
    const wrong: [unknown, string][] = [
      [undefined, TYPE],
      [null, TYPE],
      [{}, TYPE],
      [{ msg_perm: perm }, TYPE],
      [{ msg_perm: { ...perm, uid: undefined }, msg_qbytes: 1 }, TYPE],
      [{ msg_perm: { ...perm, gid: -1 }, msg_qbytes: 1 }, RANGE],
      [{ msg_perm: { ...perm, mode: 2 ** 16 }, msg_qbytes: 1 }, RANGE],
      [{ msg_perm: perm, msg_qbytes: 0.5 }, RANGE],
      [{ msg_perm: perm, msg_qbytes: 2 ** 64 + 2 ** 12 }, RANGE],
    ];
    for (const [buf, code] of wrong) {
      expect([
        buf,
        codeThrownBy(() => {
          msgctl(id, IPC_SET, buf as never);
        }),
      ]).toEqual([buf, code]);
    }
  });

  test('IPC_RMID removes the queue', () => {
    const id = queue();
    msgctl(id, IPC_RMID);
    expect(thrownBy(() => msgctl(id, IPC_STAT))).toMatchObject({
      code: 'EINVAL',
      syscall: 'msgctl',
      id,
    });
  });

  test('IPC_INFO and MSG_INFO give struct msginfo and the highest index', () => {
    const id = queue();
    const limits = msgctl(0, IPC_INFO);
    expect(Object.keys(limits).sort()).toEqual([
      'index',
      'msgmap',
      'msgmax',
      'msgmnb',
      'msgmni',
      'msgpool',
      'msgseg',
      'msgssz',
      'msgtql',
    ]);
    expect(limits).toMatchObject({
      msgmax: kernelLimit('msgmax'),
      msgmnb: kernelLimit('msgmnb'),
      msgmni: kernelLimit('msgmni'),
    });
    put(id, 1, 'abc');
    const used = msgctl(0, MSG_INFO);
    expect(used.msgpool).toBeGreaterThanOrEqual(1); // queues
    expect(used.msgmap).toBeGreaterThanOrEqual(1); // messages
    expect(used.msgtql).toBeGreaterThanOrEqual(3); // bytes
    expect(used.index).toBeGreaterThanOrEqual(0);
  });

  test.each([
    ['MSG_STAT', MSG_STAT],
    ['MSG_STAT_ANY', MSG_STAT_ANY],
  ] as const)('%s finds the queue by its index', (_name, command) => {
    const id = queue();
    put(id, 1, 'abc');
    const { index } = msgctl(0, MSG_INFO);
    const found = Array.from({ length: index + 1 }, (_, i) => i).flatMap((i) => {
      try {
        return [msgctl(i, command)];
      } catch {
        return []; // no queue there, or not ours to read
      }
    });
    expect(found.find(({ msqid }) => msqid === id)).toMatchObject({ msg_qnum: 1, msg_cbytes: 3 });
  });

  test('refuses a wrong id and a wrong command, for every command', () => {
    const commands = [IPC_STAT, MSG_STAT, MSG_STAT_ANY, IPC_INFO, MSG_INFO, IPC_RMID, 999];
    for (const command of commands) {
      expect([command, codeThrownBy(() => msgctl('1' as never, command))]).toEqual([command, TYPE]);
      expect([command, codeThrownBy(() => msgctl(2 ** 31, command))]).toEqual([command, RANGE]);
    }
    expect(codeThrownBy(() => msgctl(queue(), 'IPC_STAT' as never))).toBe(TYPE);
    expect(codeThrownBy(() => msgctl(queue(), 999))).toBe('EINVAL');
    expect(codeThrownBy(() => msgctl(queue(), -1))).toBe('EINVAL');
  });
});
