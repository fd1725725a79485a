/** native/sysv/shm.cc */
export interface SysvShm {
  shmget(key: number, size: number, flags: number): number;
  /** The handle of a new mapping; munmap detaches it. */
  shmat(segment: number, flags: number): number;
  shmctl(segment: number, command: number, values: Float64Array): number;
}
