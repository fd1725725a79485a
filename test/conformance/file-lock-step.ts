/** The system calls that lock files, told what to do as the C program is told. */

import type { lock } from 'posix-ipc';
import {
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_RDLCK,
  F_SETLK,
  F_SETLKW,
  F_UNLCK,
  F_WRLCK,
  fcntl,
  flock,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  SEEK_SET,
  type Flock,
} from 'posix-ipc/syscalls';

export type Offset = number | bigint;

/** `w` is exclusive and waits for nobody, `r` shared, `u` none; `W` and `R` wait. */
export type How = 'w' | 'r' | 'u' | 'W' | 'R';

export function range(l_type: number, l_start: Offset = 0, l_len: Offset = 0): Flock {
  return { l_type, l_whence: SEEK_SET, l_start, l_len };
}

export function setOf(kind: lock.FileLockKind): typeof F_OFD_SETLK | typeof F_SETLK {
  return kind === 'ofd' ? F_OFD_SETLK : F_SETLK;
}

function typeOf(how: How): number {
  if (how === 'u') return F_UNLCK;
  return how === 'w' || how === 'W' ? F_WRLCK : F_RDLCK;
}

const operations = { u: LOCK_UN, w: LOCK_EX, W: LOCK_EX, r: LOCK_SH, R: LOCK_SH };

/** Throws the error of the system call. */
export function rawStep(
  kind: lock.FileLockKind,
  fd: number,
  how: How,
  start: Offset = 0,
  length: Offset = 0,
): void {
  const waits = how === 'W' || how === 'R';
  if (kind === 'flock') {
    flock(fd, operations[how] | (waits ? 0 : LOCK_NB));
    return;
  }
  const waiting = kind === 'ofd' ? F_OFD_SETLKW : F_SETLKW;
  fcntl(fd, waits ? waiting : setOf(kind), range(typeOf(how), start, length));
}
