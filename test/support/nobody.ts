/** A user that owns nothing. */
export const nobody = 65534;

/** Gives up root for good. Load everything before: this user may not be able to read the files. */
export function becomeNobody(): void {
  process.setgroups?.([]);
  process.setgid?.(nobody);
  process.setuid?.(nobody);
}
