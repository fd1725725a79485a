/** pipe, mkfifo, splice and what belongs to them. A descriptor is a number, and belongs to the caller. */

import { check, outOfRange } from '../core/error';
import { memoryOf } from '../core/options';
import { native } from '../native';

/**
 * pipe - make a pipe: the descriptors of its reading and its writing end. Close them with
 * `fs.closeSync`. Errors: EMFILE, ENFILE. Source: pipe(2).
 */
export function pipe(): [number, number] {
  return pipe2(0);
}

/**
 * pipe2 - the same, with flags: O_CLOEXEC, O_DIRECT (packets), O_NONBLOCK.
 *
 * Errors: EINVAL, EMFILE, ENFILE. Source: pipe(2).
 *
 * ```js
 * const [reading, writing] = pipe2(O_CLOEXEC);
 * ```
 */
export function pipe2(flags: number): [number, number] {
  const ends = new Int32Array(2);
  check(native.pipe2(ends, flags), 'pipe2');
  const [reading = -1, writing = -1] = ends;
  return [reading, writing];
}

/** mkfifo - make a FIFO. The umask applies, as in C. Errors: EACCES, EEXIST, ENOENT, ENOTDIR. Source: mkfifo(3). */
export function mkfifo(pathname: string, mode: number): void {
  check(native.mkfifo(pathname, mode), 'mkfifo', { path: pathname });
}

const ownPosition = -1;

/** Null is the descriptor's own position, as NULL in C. */
function offsetOf(name: string, offset: number | bigint | null): number | bigint {
  if (offset === null) return ownPosition;
  const given: unknown = offset; // the addon says what is no number
  if ((typeof given === 'number' || typeof given === 'bigint') && given < 0) {
    throw outOfRange(name, '>= 0, or null', given);
  }
  return offset;
}

/**
 * splice - move bytes between a pipe and another descriptor without copying them: how many.
 *
 * An offset is null, or a position, which the caller moves on. It blocks this thread, as in C.
 * Errors: EAGAIN, EBADF, EINTR, EINVAL, EPIPE, ESPIPE. Source: splice(2).
 *
 * ```js
 * const moved = splice(file, 0, writing, null, 65536, SPLICE_F_MOVE);
 * ```
 */
export function splice(
  fd_in: number,
  off_in: number | bigint | null,
  fd_out: number,
  off_out: number | bigint | null,
  size: number,
  flags: number,
): number {
  const [from, to] = [offsetOf('off_in', off_in), offsetOf('off_out', off_out)];
  return check(native.splice(fd_in, from, fd_out, to, size, flags), 'splice');
}

/** tee - copy what is in one pipe into another, and leave it there: how many bytes. Errors: EAGAIN, EINTR, EINVAL, EPIPE. Source: tee(2). */
export function tee(fd_in: number, fd_out: number, size: number, flags: number): number {
  return check(native.tee(fd_in, fd_out, size, flags), 'tee');
}

/**
 * vmsplice - lay memory into a pipe, or read a pipe into memory: how many bytes.
 *
 * What lies in the pipe is the memory itself: it must neither change nor be forgotten until it has
 * been read. Errors: EAGAIN, EBADF, EINTR, EINVAL, EPIPE. Source: vmsplice(2).
 */
export function vmsplice(
  fd: number,
  memory: NodeJS.ArrayBufferView | ArrayBuffer | SharedArrayBuffer,
  flags: number,
): number {
  return check(native.vmsplice(fd, memoryOf('memory', memory), flags), 'vmsplice');
}
