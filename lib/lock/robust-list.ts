/** Of ENOSYS, wherever a lock is asked for in vain. */
export const NO_ROBUST_LIST =
  'this libc registers no robust list of the shape of glibc, or get_robust_list(2) is not allowed';
