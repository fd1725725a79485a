/** native/posix/shm.cc and shm_name.cc: names begin with a slash. */
export interface PosixShm {
  shmOpen(name: string, flags: number, mode: number): number;
  /** The same: its handle. */
  shmOwned(name: string, flags: number, mode: number): number;
  shmUnlink(name: string): number;
  /** The handle of an object without a name. */
  shmUnnamed(): number;
  shmLink(fd: number, name: string): number;
  /** The handle of the use of a name. */
  shmNameUse(fd: number, name: string): number;
  shmNameLeave(use: number): void;
}
