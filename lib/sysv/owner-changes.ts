import { fileMode, highestId, integer, optionsOf } from '../core/options';
import type { IpcPerm } from './ipc-perm';

/** What `set` changes; what is absent stays as it is. */
export interface OwnerChanges {
  /** Permission bits, 0 to 0o777. */
  mode?: number | undefined;
  /** Owner. */
  uid?: number | undefined;
  /** Owner's group. */
  gid?: number | undefined;
}

/** Checks what is to be changed, so that nothing is changed when something is wrong. */
export function checkOwnerChanges(changes: OwnerChanges | undefined, name: string): OwnerChanges {
  const { mode, uid, gid } = optionsOf(changes, name);
  const checked: OwnerChanges = {};
  if (mode !== undefined) checked.mode = fileMode(`${name}.mode`, mode);
  if (uid !== undefined) checked.uid = integer(`${name}.uid`, uid, 0, highestId);
  if (gid !== undefined) checked.gid = integer(`${name}.gid`, gid, 0, highestId);
  return checked;
}

/** What IPC_SET sets of every kind of object. */
type Owner = Pick<IpcPerm, 'uid' | 'gid' | 'mode'>;

/** It sets all of it at once: what is absent is as it was, and only then is that read. */
export function ownerAfter({ uid, gid, mode }: OwnerChanges, read: () => Owner): Owner {
  if (uid !== undefined && gid !== undefined && mode !== undefined) return { uid, gid, mode };
  const now = read();
  return { uid: uid ?? now.uid, gid: gid ?? now.gid, mode: mode ?? now.mode };
}
