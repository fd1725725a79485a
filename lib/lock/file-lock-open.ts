import { constants, fstatSync } from 'node:fs';

import { check, errnoOf, SystemError } from '../core/error';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { native } from '../native';

const { O_CREAT, O_EXCL } = constants;
const EEXIST = -errnoOf('EEXIST');
const ENOENT = -errnoOf('ENOENT');
const mostTries = 10;
const permissions = 0o7777;

/** A file that is there. */
export function openFile(path: string, flags: number): OwnedDescriptor {
  return owned(native.lockFileOpen(path, flags, 0), path);
}

/** The same; undefined where there is none. */
export function findFile(path: string, flags: number): OwnedDescriptor | undefined {
  const found = native.lockFileOpen(path, flags, 0);
  return found === ENOENT ? undefined : owned(found, path);
}

/** A new file, with exactly this mode. */
export function createFile(path: string, flags: number, mode: number): OwnedDescriptor {
  return made(native.lockFileOpen(path, flags | O_CREAT | O_EXCL, mode), path, mode);
}

/** The file that is there, or a new one. */
export function openOrCreateFile(path: string, flags: number, mode: number): OwnedDescriptor {
  for (let tries = 1; ; tries++) {
    const found = findFile(path, flags);
    if (found !== undefined) return found;
    const handle = native.lockFileOpen(path, flags | O_CREAT | O_EXCL, mode);
    // Made by another since; but a link that leads nowhere is there and not there for ever.
    if (handle !== EEXIST || tries === mostTries) return made(handle, path, mode);
  }
}

function owned(handle: number, path: string): OwnedDescriptor {
  return new OwnedDescriptor(check(handle, 'open', { path }));
}

/** It has the mode already, but for rare cases: see native/core/exact_mode.h. */
function made(handle: number, path: string, mode: number): OwnedDescriptor {
  const descriptor = owned(handle, path);
  const isExact = (fstatSync(descriptor.number).mode & permissions) === mode;
  const result = isExact ? 0 : native.fchmod(descriptor.number, mode);
  if (result === 0) return descriptor;
  descriptor.close();
  throw new SystemError(result, 'fchmod', { path });
}
