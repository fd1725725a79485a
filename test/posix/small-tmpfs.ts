/** What the program in the small file system and its test agree on. */
export interface Outcome {
  code: string;
  syscall: string;
  message: string;
  /** /dev/shm has the same names, and as much room as before. */
  nothingLeft: boolean;
}
