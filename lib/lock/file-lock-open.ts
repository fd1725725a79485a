import { constants } from 'node:fs';

import { check, errnoOf, SystemError } from '../core/error';
import { native } from '../native';

const { O_CREAT, O_EXCL } = constants;
const EEXIST = -errnoOf('EEXIST');
const ENOENT = -errnoOf('ENOENT');
const mostTries = 10;

/** The number of a descriptor of a file that is there. */
export function openFile(path: string, flags: number): number {
  return check(native.lockFileOpen(path, flags, 0), 'open', { path });
}

/** Of a new file, with exactly this mode. */
export function createFile(path: string, flags: number, mode: number): number {
  return check(create(path, flags, mode), 'open', { path });
}

/** Of the file that is there, or of a new one. */
export function openOrCreateFile(path: string, flags: number, mode: number): number {
  for (let tries = 1; ; tries++) {
    const found = native.lockFileOpen(path, flags, 0);
    if (found !== ENOENT) return check(found, 'open', { path });
    const made = create(path, flags, mode);
    // Made by another since; but a link that leads nowhere is there and not there for ever.
    if (made !== EEXIST || tries === mostTries) return check(made, 'open', { path });
  }
}

/** It never has more permissions than are asked for. */
function create(path: string, flags: number, mode: number): number {
  const fd = native.lockFileOpen(path, flags | O_CREAT | O_EXCL, mode);
  if (fd < 0) return fd;
  const result = native.fchmod(fd, mode);
  if (result === 0) return fd;
  native.closeFile(fd);
  throw new SystemError(result, 'fchmod', { path });
}
