/** msgget, msgsnd, msgrcv, msgctl. */

import { check, invalidType } from '../core/error';
import { bytesOf, integer, long, objectOf, type Data } from '../core/options';
import { native } from '../native';
import {
  IPC_INFO,
  type IPC_RMID,
  IPC_SET,
  IPC_STAT,
  MSG_INFO,
  MSG_STAT,
  MSG_STAT_ANY,
} from '../sysv/constants';
import { msgctlInfo, msgctlSet, msgctlStatus, type MsgInfo, type MsqidDs } from '../sysv/msqid-ds';

const LONG_BYTES = 8;

/**
 * A struct msgbuf: the type (a long of 8 bytes, in the machine's order), then the payload.
 *
 * ```js
 * msgsnd(id, msgbuf(2, 'hello'), 5, 0);
 * ```
 */
export function msgbuf(mtype: number | bigint, mtext: Data): Buffer {
  const type = BigInt(long('mtype', mtype));
  const text = bytesOf('mtext', mtext);
  const buffer = Buffer.allocUnsafe(LONG_BYTES + text.length);
  buffer.writeBigInt64LE(type);
  buffer.set(text, LONG_BYTES);
  return buffer;
}

/** msgget - get a System V message queue identifier. Errors: EACCES, EEXIST, ENOENT, ENOSPC. Source: msgget(2). */
export function msgget(key: number, msgflg: number): number {
  return check(native.msgget(key, msgflg), 'msgget', { key });
}

/**
 * msgsnd - send a message.
 *
 * `msgp` is a struct msgbuf (see `msgbuf`), `msgsz` the length of its payload in bytes.
 * Errors: EACCES, EAGAIN, EIDRM, EINTR, EINVAL. Source: msgop(2).
 */
export function msgsnd(
  msqid: number,
  msgp: NodeJS.ArrayBufferView,
  msgsz: number,
  msgflg: number,
): void {
  check(native.msgsnd(msqid, view('msgp', msgp), msgsz, msgflg), 'msgsnd', { id: msqid });
}

/**
 * msgrcv - receive a message into `msgp`, a struct msgbuf with room for `msgsz` bytes of payload.
 *
 * Returns the payload's length in bytes; the type stands in the first 8 bytes of `msgp`.
 * Errors: E2BIG, EACCES, EAGAIN, EIDRM, EINTR, EINVAL, ENOMSG, ENOSYS. Source: msgop(2).
 *
 * ```js
 * const msgp = Buffer.alloc(8 + 8192);
 * const length = msgrcv(id, msgp, 8192, -10, MSG_NOERROR);
 * const mtype = msgp.readBigInt64LE();
 * ```
 */
export function msgrcv(
  msqid: number,
  msgp: NodeJS.ArrayBufferView,
  msgsz: number,
  msgtyp: number | bigint,
  msgflg: number,
): number {
  return check(native.msgrcv(msqid, view('msgp', msgp), msgsz, msgtyp, msgflg), 'msgrcv', {
    id: msqid,
  });
}

/** The fields that IPC_SET reads; all are needed, as in C. */
export interface MsqidDsChanges {
  msg_perm: { uid: number; gid: number; mode: number };
  /** To 2^64: of 2^53 and more, the nearest number. */
  msg_qbytes: number;
}

/**
 * msgctl - control a message queue.
 *
 * IPC_STAT, MSG_STAT and MSG_STAT_ANY return the struct (the latter two take an index, and give the
 * identifier as `msqid`); IPC_INFO and MSG_INFO return struct msginfo, with the highest used index;
 * IPC_SET reads `msg_perm.uid`, `.gid`, `.mode` and `msg_qbytes`; IPC_RMID removes the queue.
 * Errors: EACCES, EIDRM, EINVAL, EPERM. Source: msgctl(2).
 */
export function msgctl(msqid: number, cmd: typeof IPC_STAT): MsqidDs;
export function msgctl(
  index: number,
  cmd: typeof MSG_STAT | typeof MSG_STAT_ANY,
): MsqidDs & { msqid: number };
export function msgctl(
  msqid: number,
  cmd: typeof IPC_INFO | typeof MSG_INFO,
): MsgInfo & { index: number };
export function msgctl(msqid: number, cmd: typeof IPC_SET, buf: MsqidDsChanges): void;
export function msgctl(msqid: number, cmd: typeof IPC_RMID): void;
export function msgctl(msqid: number, cmd: number): unknown;
export function msgctl(msqid: number, cmd: number, buf?: MsqidDsChanges): unknown {
  const context = { id: msqid };
  switch (cmd) {
    case IPC_STAT: {
      const [result, ds] = msgctlStatus(msqid, cmd);
      check(result, 'msgctl', context);
      return ds;
    }
    case MSG_STAT:
    case MSG_STAT_ANY: {
      const [result, ds] = msgctlStatus(msqid, cmd);
      return { ...ds, msqid: check(result, 'msgctl', context) };
    }
    case IPC_INFO:
    case MSG_INFO: {
      const [result, info] = msgctlInfo(cmd, msqid);
      return { ...info, index: check(result, 'msgctl', context) };
    }
    case IPC_SET: {
      const { uid, gid, mode, qbytes } = changesOf(buf);
      check(msgctlSet(msqid, cmd, uid, gid, mode, qbytes), 'msgctl', context);
      return undefined;
    }
    default:
      check(native.msgctl(msqid, cmd, new Float64Array(0)), 'msgctl', context);
      return undefined;
  }
}

interface Changes {
  uid: number;
  gid: number;
  mode: number;
  qbytes: number;
}

function changesOf(buf: MsqidDsChanges | undefined): Changes {
  if (buf === undefined) throw invalidType('buf', 'an object', buf);
  const { msg_perm, msg_qbytes: qbytes } = objectOf('buf', buf);
  const perm = objectOf('buf.msg_perm', msg_perm);
  const most = 2 ** 32 - 1;
  return {
    uid: integer('buf.msg_perm.uid', perm.uid, 0, most),
    gid: integer('buf.msg_perm.gid', perm.gid, 0, most),
    mode: integer('buf.msg_perm.mode', perm.mode, 0, 0xffff),
    qbytes: integer('buf.msg_qbytes', qbytes, 0, 2 ** 64),
  };
}

/** The addon also takes the numbers of its own slabs; callers have views only. */
function view(name: string, memory: NodeJS.ArrayBufferView): NodeJS.ArrayBufferView {
  if (!ArrayBuffer.isView(memory)) {
    throw invalidType(name, 'a Buffer, a TypedArray or a DataView', memory);
  }
  return memory;
}
