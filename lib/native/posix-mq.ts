import type { Memory, Quick } from './core';

/**
 * native/posix/mq.cc. What receives answers the length plus 2^32 times the priority; what begins
 * with `mqTry` takes a descriptor's handle and never waits (-EAGAIN), the rest is as in C.
 */
export interface PosixMq {
  /** `sized`: with the two attributes, else with the system's defaults. */
  mqOpen(
    name: string,
    oflag: number,
    mode: number,
    sized: boolean,
    maxmsg: number | bigint,
    msgsize: number | bigint,
  ): number;
  /** The same: its handle. */
  mqOwned: PosixMq['mqOpen'];
  mqClose(fd: number): number;
  mqUnlink(name: string): number;
  /** Fills in flags, maxmsg, msgsize, curmsgs. */
  mqGetattr(fd: number, values: Float64Array): number;
  mqSetattr(fd: number, flags: number | bigint, before: Float64Array): number;
  mqDepth(descriptor: number): number;
  /** Whether its open file, which nobody else has, has O_NONBLOCK: calls are quicker then. */
  mqAnswerAtOnce(descriptor: number, on: boolean): number;
  /** `how`: SIGEV_SIGNAL, SIGEV_NONE, or -1 to unregister. */
  mqNotify(fd: number, how: number, signal: number, value: number): number;
  mqTrySend(descriptor: number, message: Memory, length: number, priority: number): number;
  mqTryReceive(descriptor: number, memory: Memory, length: number): number;
  /** The same two, and many at once, of memory in a slab. */
  mqTrySendQuick: Quick<4>;
  mqTryReceiveQuick: Quick<3>;
  /** The same; what lies behind the message is fetched for the next one. */
  mqTryReceivePooled: Quick<3>;
  mqTrySendMany: Quick<3>;
  mqTryReceiveMany: Quick<4>;
  mqSend(fd: number, message: Memory, length: number, priority: number): number;
  mqTimedsend(
    fd: number,
    message: Memory,
    length: number,
    priority: number,
    seconds: number | bigint,
    nanoseconds: number | bigint,
  ): number;
  mqReceive(fd: number, memory: Memory, length: number): number;
  mqTimedreceive(
    fd: number,
    memory: Memory,
    length: number,
    seconds: number | bigint,
    nanoseconds: number | bigint,
  ): number;
}
