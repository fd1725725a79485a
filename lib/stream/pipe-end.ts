import { check, errnoOf, SystemError } from '../core/error';
import { OpenFile } from '../core/open-file';
import { integer } from '../core/options';
import type { OwnedDescriptor } from '../core/owned-descriptor';
import { kernelSetting } from '../core/proc';
import { native } from '../native';
import type { PipeFile } from './pipe-file';

const S_IFIFO = 0o010000;
const accessModes = 3;
const EBUSY = -errnoOf('EBUSY');
const EPERM = -errnoOf('EPERM');

/** What the reading and the writing end have in common. */
export abstract class PipeEnd extends OpenFile {
  /** The FIFO's path, where it was opened by one. */
  readonly path: string | undefined;
  readonly #file: PipeFile;

  constructor(what: string, descriptor: OwnedDescriptor, file: PipeFile, path: string | undefined) {
    super(what, descriptor);
    this.#file = file;
    this.path = path;
  }

  /**
   * How many bytes the pipe holds. Setting it rounds up, to a power of two of pages.
   *
   * Errors of setting: EBUSY (it holds more now), EPERM (more than fs.pipe-max-size).
   * Source: fcntl(2), F_GETPIPE_SZ and F_SETPIPE_SZ.
   */
  get capacity(): number {
    return check(native.pipeCapacity(this.number), 'fcntl', this);
  }

  set capacity(bytes: number) {
    setCapacity(this.number, integer('capacity', bytes, 1, 2 ** 31 - 1), this.path);
  }

  protected override beforeSharing(): void {
    this.#file.share();
  }
}

export function setCapacity(fd: number, bytes: number, path?: string): void {
  const result = native.setPipeCapacity(fd, bytes);
  if (result < 0) {
    throw new SystemError(result, 'fcntl', { path, hint: hintOf(result) });
  }
}

function hintOf(error: number): string | undefined {
  if (error === EBUSY) return 'it holds more than that now';
  if (error !== EPERM) return undefined;
  const most = kernelSetting('fs/pipe-max-size');
  return (
    `a pipe holds at most fs.pipe-max-size, ${most} bytes, and all pipes of a user ` +
    'fs.pipe-user-pages-soft pages; root raises both with sysctl -w'
  );
}

/** Throws where a descriptor is no end of a pipe or a FIFO with this access mode, O_RDONLY or O_WRONLY. */
export function examineEnd(fd: number, access: number): void {
  const type = check(native.fileType(fd), 'fstat', { fd });
  if (type !== S_IFIFO) throw new SystemError('EINVAL', 'fstat', { fd, hint: 'it is no pipe' });
  const mode = check(native.statusFlags(fd), 'fcntl', { fd }) & accessModes;
  if (mode === 1 - access) {
    throw new SystemError('EINVAL', 'fcntl', { fd, hint: 'it is the other end of a pipe' });
  }
}
