/** native/posix/shm.cc: names begin with a slash. */
export interface PosixShm {
  shmOpen(name: string, flags: number, mode: number): number;
  shmUnlink(name: string): number;
  /** A descriptor of an object without a name. */
  shmUnnamed(): number;
  shmLink(fd: number, name: string): number;
}
