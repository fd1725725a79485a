import type { Memory } from './core';

/** native/stream: pipes and FIFOs. */
export interface Stream {
  /** Both ends go into two 32-bit words: reading, writing. */
  pipe2(pipefd: NodeJS.ArrayBufferView, flags: number): number;
  /** The same with their handles. */
  pipeOwned(handles: NodeJS.ArrayBufferView, flags: number): number;
  /** 0 at the end; -EAGAIN also where no writer has come yet. */
  pipeRead(descriptor: number, buffer: Memory, length: number): number;
  /** May write fewer. -EPIPE, and no signal, where nobody reads any more. */
  pipeWrite(descriptor: number, buffer: Memory, offset: number, length: number): number;
  /**
   * Opens it a second time, for reads and writes that never block, whatever others do to the flags of
   * the file that they share. If it `hasBlocked`, that one blocks again.
   */
  pipeReopen(descriptor: number, hasBlocked: boolean): number;
  pipeCapacity(fd: number): number;
  /** The capacity that it has then. */
  setPipeCapacity(fd: number, bytes: number): number;

  mkfifo(path: string, mode: number): number;
  /** Whatever the umask is. */
  mkfifoExact(path: string, mode: number): number;
  /** 0 if it is one, -EINVAL if it is something else. */
  fifoCheck(path: string): number;
  /** The handle of a descriptor, at once. `access`: O_RDONLY, O_WRONLY, O_RDWR. */
  fifoOpen(path: string, access: number): number;
  /** Starts a native wait for the other end; its result is the handle. */
  fifoOpenWait(path: string, access: number): number;
  /** Blocks this thread. */
  fifoOpenFor(path: string, access: number, timeout: number): number;

  // An offset of -1 is the descriptor's own.
  splice(
    fdIn: number,
    offIn: number | bigint,
    fdOut: number,
    offOut: number | bigint,
    size: number,
    flags: number,
  ): number;
  tee(fdIn: number, fdOut: number, size: number, flags: number): number;
  vmsplice(fd: number, memory: Memory, flags: number): number;
  /** Moves a portion from any descriptor into a pipe that has room: how many bytes, 0 at the end. */
  fillPipeFor(
    from: number,
    offset: number,
    into: number,
    length: number,
    waits: boolean,
    timeout: number,
  ): number;
  /** The same as a native wait. */
  fillPipeWait(from: number, offset: number, into: number, length: number, waits: boolean): number;
}
