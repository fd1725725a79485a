import { native } from '../native';
import { permOf, type IpcPerm } from './ipc-perm';

/** struct msqid_ds of msgctl(2); times in seconds. */
export interface MsqidDs {
  msg_perm: IpcPerm;
  msg_stime: number;
  msg_rtime: number;
  msg_ctime: number;
  msg_cbytes: number;
  msg_qnum: number;
  msg_qbytes: number;
  msg_lspid: number;
  msg_lrpid: number;
}

/** struct msginfo of msgctl(2): IPC_INFO gives the limits, MSG_INFO what is used. */
export interface MsgInfo {
  msgpool: number;
  msgmap: number;
  msgmax: number;
  msgmnb: number;
  msgmni: number;
  msgssz: number;
  msgtql: number;
  msgseg: number;
}

const values = new Float64Array(16);

function value(index: number): number {
  return values[index] ?? 0;
}

/** A command that fills msqid_ds: its result or negated errno, and the struct. */
export function msgctlStatus(msqid: number, command: number): [result: number, ds: MsqidDs] {
  const result = native.msgctl(msqid, command, values);
  return [
    result,
    {
      msg_perm: permOf(values),
      msg_stime: value(7),
      msg_rtime: value(8),
      msg_ctime: value(9),
      msg_cbytes: value(10),
      msg_qnum: value(11),
      msg_qbytes: value(12),
      msg_lspid: value(13),
      msg_lrpid: value(14),
    },
  ];
}

/** A command that fills msginfo: its result (the highest used index) or negated errno, and the struct. */
export function msgctlInfo(command: number, msqid = 0): [result: number, info: MsgInfo] {
  const result = native.msgctl(msqid, command, values);
  return [
    result,
    {
      msgpool: value(0),
      msgmap: value(1),
      msgmax: value(2),
      msgmnb: value(3),
      msgmni: value(4),
      msgssz: value(5),
      msgtql: value(6),
      msgseg: value(7),
    },
  ];
}

/** IPC_SET: what it sets, and nothing else of the struct. */
export function msgctlSet(
  msqid: number,
  command: number,
  uid: number,
  gid: number,
  mode: number,
  qbytes: number,
): number {
  values.set([uid, gid, mode, qbytes]);
  return native.msgctl(msqid, command, values);
}
