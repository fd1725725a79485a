/** Objects of shm_open(3): how they are named, and made. */

import { constants, existsSync, statfsSync } from 'node:fs';

import { native } from '../native';
import { errnoOf, SystemError } from './error';
import { fileSizeHint } from './memory-hints';
import { checkName, randomName } from './name';
import { OwnedDescriptor } from './owned-descriptor';
import type { Failure } from './storage';

const { O_CREAT, O_EXCL, O_RDWR } = constants;

/** What a name in a tmpfs can have. */
const longestName = 255;

const folder = '/dev/shm';

const EFBIG = -errnoOf('EFBIG');
const ENOENT = -errnoOf('ENOENT');
const ENOMEM = -errnoOf('ENOMEM');
const ENOSPC = -errnoOf('ENOSPC');

export function nameOf(name: unknown): string {
  return checkName(name, longestName);
}

function fullHint(): string {
  try {
    const { bsize, blocks, bavail, files, ffree } = statfsSync(folder);
    if (files > 0 && ffree === 0)
      return (
        `/dev/shm has ${String(files)} files, the most that it may have; ` +
        'let it have more with mount -o remount,nr_inodes=NUMBER /dev/shm'
      );
    const [size, free] = [bsize * blocks, bsize * bavail].map(String);
    return (
      `/dev/shm has ${size ?? ''} bytes, ${free ?? ''} of them free; ` +
      'make it larger with mount -o remount,size=SIZE /dev/shm, in a container with --shm-size'
    );
  } catch {
    return '/dev/shm is full';
  }
}

/** What is wrong with /dev/shm itself, or which limit was hit, if that is what a negated errno says. */
export function folderHint(error: number): string | undefined {
  if (error === ENOSPC) return fullHint();
  if (error === EFBIG) return fileSizeHint();
  return error === ENOENT && !existsSync(folder) ? 'there is no /dev/shm' : undefined;
}

/** The error of a call that makes or resizes an object. */
export function failureOf(syscall: string, name: string): Failure {
  return (error) => {
    // A larger /dev/shm would not help.
    const hint = error === ENOMEM ? 'there is not as much memory' : folderHint(error);
    return new SystemError(error, syscall, { path: name, hint });
  };
}

/** An object that nobody else can use yet. */
export interface Unfinished {
  descriptor: OwnedDescriptor;
  /** The name that it is going to have. */
  name: string;
  /** Its size. */
  made: number;
  /** One that it has until then, where the file system has no files without any. */
  temporary: string | undefined;
}

/** An object that has no name yet, or one that nobody knows; or a negated errno. */
export function begin(name: string, size: number): Unfinished | number {
  const unnamed = native.shmUnnamed();
  const temporary = unnamed < 0 ? randomName() : undefined;
  const handle =
    temporary === undefined ? unnamed : native.shmOwned(temporary, O_CREAT | O_EXCL | O_RDWR, 0);
  if (handle < 0) return handle;
  return { descriptor: new OwnedDescriptor(handle), name, made: size, temporary };
}

/** Permissions at last, and the name. A negated errno, such as EEXIST if somebody has the name. */
function finish({ descriptor, name }: Unfinished, mode: number): number {
  const changed = native.fchmod(descriptor.number, mode);
  return changed < 0 ? changed : native.shmLink(descriptor.number, name);
}

/** What becomes of an object that could not be finished. */
export function abandon({ descriptor, temporary }: Unfinished): void {
  descriptor.close();
  if (temporary !== undefined) native.shmUnlink(temporary);
}

/** Lets others use it; or a negated errno, and it is gone. */
export function complete(begun: Unfinished, mode: number): Unfinished | number {
  const result = finish(begun, mode);
  if (result < 0) abandon(begun);
  else if (begun.temporary !== undefined) native.shmUnlink(begun.temporary);
  return result < 0 ? result : begun;
}
