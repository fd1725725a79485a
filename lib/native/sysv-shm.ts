/** native/sysv/shm.cc */
export interface SysvShm {
  shmget(key: number, size: number, flags: number): number;
  /** The handle of a new mapping, and its length in the first value; munmap detaches it. */
  shmat(segment: number, flags: number, values: Float64Array): number;
  shmctl(segment: number, command: number, values: Float64Array): number;
}
