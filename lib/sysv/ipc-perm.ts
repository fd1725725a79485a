/** struct ipc_perm: who owns a System V object, and who may use it. */
export interface IpcPerm {
  key: number;
  uid: number;
  gid: number;
  cuid: number;
  cgid: number;
  mode: number;
  seq: number;
}

/** What the status of every kind of object begins with (native/sysv/values.h). */
export const PERM_VALUES = 7;

export function permOf(values: Float64Array): IpcPerm {
  const [key = 0, uid = 0, gid = 0, cuid = 0, cgid = 0, mode = 0, seq = 0] = values;
  return { key, uid, gid, cuid, cgid, mode, seq };
}

/** A time of the kernel, in seconds; 0 is never. */
export function dateOf(seconds: number): Date | undefined {
  return seconds === 0 ? undefined : new Date(seconds * 1000);
}
