/** native/memory: a mapping is a handle; a range of it is an offset and a length in bytes. */
export interface Mmap {
  /** A handle. */
  openFile(path: string, writable: boolean): number;
  /** The greatest safe integer for what has no size, such as a device. */
  fileSize(fd: number): number;

  fchmod(fd: number, mode: number): number;
  ftruncate(fd: number, length: number): number;
  posixFallocate(fd: number, offset: number, length: number): number;
  /** The same again after each signal. */
  reserve(fd: number, offset: number, length: number): number;
  reserveWait(fd: number, offset: number, length: number): number;
  memfdCreate(name: string, flags: number): number;
  /** The same: its handle. */
  memfdOwned(name: string, flags: number): number;
  addSeals(fd: number, seals: number): number;
  getSeals(fd: number): number;

  /** The handle of a new mapping. */
  mmap(length: number, prot: number, flags: number, fd: number, offset: number): number;
  /** The same for a window at any offset. */
  mmapWindow(
    length: number,
    prot: number,
    flags: number,
    fd: number,
    offset: number,
    whole: boolean,
  ): number;
  munmap(mapping: number): void;
  /** As munmap, but the buffer stays. */
  releaseMapping(mapping: number): void;
  /** Null where a view could end the process. */
  mappingBuffer(mapping: number): ArrayBuffer | null;
  mprotect(mapping: number, prot: number): number;
  mremap(mapping: number, length: number): number;
  readMapping(mapping: number, offset: number, into: NodeJS.ArrayBufferView): number;
  writeMapping(mapping: number, offset: number, from: NodeJS.ArrayBufferView): number;

  readonly pageSize: number;

  // Rounding to pages: 0 none, 1 outward, 2 inward. Those that end in Wait start a native wait.
  msync(mapping: number, offset: number, length: number, rounding: number, flags: number): number;
  msyncWait(
    mapping: number,
    offset: number,
    length: number,
    rounding: number,
    flags: number,
  ): number;
  madvise(
    mapping: number,
    offset: number,
    length: number,
    rounding: number,
    advice: number,
  ): number;
  madviseWait(
    mapping: number,
    offset: number,
    length: number,
    rounding: number,
    advice: number,
  ): number;
  populate(mapping: number, write: boolean): number;
  populateWait(mapping: number, write: boolean): number;
  mlock2(mapping: number, offset: number, length: number, flags: number): number;
  /** Locks pages without copying those of a private mapping. */
  mlockAsIs(mapping: number, offset: number, length: number): number;
  mlockWait(mapping: number, offset: number, length: number, asIs: boolean): number;
  munlock(mapping: number, offset: number, length: number): number;
  /** How many pages there are. */
  mincore(
    mapping: number,
    offset: number,
    length: number,
    rounding: number,
    vec: Uint8Array,
  ): number;
}
