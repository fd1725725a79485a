/** struct timespec. */
export interface Timespec {
  /** Seconds. */
  tv_sec: number | bigint;
  /** Nanoseconds, 0 to 999,999,999. */
  tv_nsec: number | bigint;
}
