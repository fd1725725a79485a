import { fileMode, highestId, integer, optionsOf } from '../core/options';

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
