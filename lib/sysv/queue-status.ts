import { errnoOf, SystemError, type SystemErrorContext } from '../core/error';
import { integer, optionsOf } from '../core/options';
import { IPC_INFO, IPC_SET, IPC_STAT, MSG_STAT_ANY } from './constants';
import { checkControl, checkSet, readToSet, type StatusCall } from './control';
import { dateOf } from './ipc-perm';
import { checkOwnerChanges, ownerAfter, type OwnerChanges } from './owner-changes';
import { msgctlInfo, msgctlSet, msgctlStatus, type MsqidDs } from './msqid-ds';

const EPERM = -errnoOf('EPERM');

/** What the kernel knows about a queue: struct msqid_ds of msgctl(2), in words. */
export interface QueueStatus {
  /** The System V identifier. */
  id: number;
  /** The key; 0 for IPC_PRIVATE. */
  key: number;
  /** Permission bits. */
  mode: number;
  /** Owner. */
  uid: number;
  /** Owner's group. */
  gid: number;
  /** Creator. */
  cuid: number;
  /** Creator's group. */
  cgid: number;
  /** Messages in the queue. */
  messages: number;
  /** Bytes of payload in the queue. */
  bytes: number;
  /**
   * Most bytes of payload, and most messages, that it holds (msg_qbytes). C may set more than 2^53; then it is
   * the nearest number.
   */
  maxBytes: number;
  /** Process of the last send; 0 if none, or none that this PID namespace sees. */
  lastSendPid: number;
  /** Process of the last receive; 0 if none, or none that this PID namespace sees. */
  lastReceivePid: number;
  /** Time of the last send, to the second. */
  sentAt: Date | undefined;
  /** Time of the last receive, to the second. */
  receivedAt: Date | undefined;
  /** Time of creation or of the last change by `set`, to the second. */
  changedAt: Date;
}

/** What `set` changes; what is absent stays as it is. */
export interface QueueChanges extends OwnerChanges {
  /** Most bytes of payload, to 2^31 - 1. Above kernel.msgmnb it takes CAP_SYS_RESOURCE (EPERM). */
  maxBytes?: number | undefined;
}

/** msgctl(IPC_STAT). */
export function readStatus(id: number, context: SystemErrorContext): QueueStatus {
  const [result, ds] = msgctlStatus(id, IPC_STAT);
  checkControl(result, 'msgctl', 'queue', context);
  return statusOf(id, ds);
}

/** What msgctl(2) has told of a queue. */
export function statusOf(id: number, ds: MsqidDs): QueueStatus {
  const { key, mode, uid, gid, cuid, cgid } = ds.msg_perm;
  return {
    id,
    key,
    mode,
    uid,
    gid,
    cuid,
    cgid,
    messages: ds.msg_qnum,
    bytes: ds.msg_cbytes,
    maxBytes: ds.msg_qbytes,
    lastSendPid: ds.msg_lspid,
    lastReceivePid: ds.msg_lrpid,
    sentAt: dateOf(ds.msg_stime),
    receivedAt: dateOf(ds.msg_rtime),
    changedAt: new Date(ds.msg_ctime * 1000),
  };
}

/** The kernel keeps 32 bits of it: of 2^32 it would make a queue that holds nothing. */
export function checkMaxBytes(name: string, maxBytes: number): number {
  return integer(name, maxBytes, 0, 2 ** 31 - 1);
}

/** Checks what is to be changed, so that nothing is changed when something is wrong. */
export function checkChanges(changes: QueueChanges | undefined, name: string): QueueChanges {
  const { maxBytes } = optionsOf(changes, name);
  const checked: QueueChanges = checkOwnerChanges(changes, name);
  if (maxBytes !== undefined) {
    checked.maxBytes = checkMaxBytes(`${name}.maxBytes`, maxBytes);
  }
  return checked;
}

const asked: StatusCall<MsqidDs> = {
  syscall: 'msgctl',
  what: 'queue',
  status: msgctlStatus,
  any: MSG_STAT_ANY,
};

/** IPC_SET sets all of it at once: what is absent is as it was, and only then is that read. */
function after(
  id: number,
  changes: QueueChanges,
  context: SystemErrorContext,
): [uid: number, gid: number, mode: number, maxBytes: number] {
  let now: MsqidDs | undefined;
  const read = (): MsqidDs => (now ??= readToSet(asked, id, context));
  const { uid, gid, mode } = ownerAfter(changes, () => read().msg_perm);
  return [uid, gid, mode, changes.maxBytes ?? read().msg_qbytes];
}

/** What EPERM is about where it is the capacity. */
function capacityHint(maxBytes: number, isGiven: boolean): string | undefined {
  const [, { msgmnb }] = msgctlInfo(IPC_INFO);
  if (maxBytes <= msgmnb) return undefined;
  const way = isGiven
    ? `raise the limit with sysctl -w kernel.msgmnb=${String(maxBytes)}`
    : `the queue keeps its ${String(maxBytes)} unless a smaller one is given`;
  return `maxBytes above kernel.msgmnb = ${String(msgmnb)} takes CAP_SYS_RESOURCE; ${way}`;
}

/** msgctl(IPC_SET) of what is given; the rest stays. */
export function change(id: number, changes: QueueChanges, context: SystemErrorContext): void {
  const [uid, gid, mode, maxBytes] = after(id, changes, context);
  const result = msgctlSet(id, IPC_SET, uid, gid, mode, maxBytes);
  const isGiven = changes.maxBytes !== undefined;
  const hint = result === EPERM ? capacityHint(maxBytes, isGiven) : undefined;
  if (hint !== undefined) throw new SystemError(result, 'msgctl', { ...context, hint });
  checkSet(result, asked, context);
}
