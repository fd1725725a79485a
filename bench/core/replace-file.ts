/** Files that are there as a whole or not at all. */

import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** What takes the place of a file. */
export function nextOf(file: string): string {
  return `${file}.next`;
}

/**
 * The file with this text, in one step: who is stopped meanwhile, or finds no room, leaves the one that was there.
 * A link stays one. A device or a pipe is written to as it is, and so is a file whose folder takes no other one.
 */
export function replaceFile(file: string, text: string): void {
  const there = statSync(file, { throwIfNoEntry: false });
  if (there?.isFile() === false) {
    writeFileSync(file, text);
    return;
  }
  const itself = there === undefined ? file : realpathSync(file);
  const next = nextOf(itself);
  try {
    writeFileSync(next, text);
    renameSync(next, itself);
  } catch (error) {
    rmSync(next, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (there === undefined || (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS'))
      throw error;
    writeFileSync(itself, text);
  }
}
