/** What posix-ipc/syscalls has of file locks. */
export const lockNames = [
  ['F_GETLK', 'F_LOCK', 'F_OFD_GETLK', 'F_OFD_SETLK', 'F_OFD_SETLKW', 'F_RDLCK', 'F_SETLK'],
  ['F_SETLKW', 'F_TEST', 'F_TLOCK', 'F_ULOCK', 'F_UNLCK', 'F_WRLCK', 'LOCK_EX', 'LOCK_NB'],
  ['LOCK_SH', 'LOCK_UN', 'SEEK_CUR', 'SEEK_END', 'SEEK_SET', 'flock', 'lockf'],
].flat();
