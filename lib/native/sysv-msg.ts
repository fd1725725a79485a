import type { Memory, Quick } from './core';

/** native/sysv/msg.cc */
export interface SysvMsg {
  msgget(key: number, flags: number): number;
  msgsnd(queue: number, message: Memory, size: number, flags: number): number;
  /** msgsnd and msgrcv of memory in a slab. */
  msgsndQuick: Quick<4>;
  msgrcvQuick: Quick<5>;
  /** As msgrcvQuick, without waiting; what lies behind the message is fetched for the next one. */
  msgrcvPooled: Quick<5>;
  msgsndMany: Quick<3>;
  msgrcvManyQuick: Quick<5>;
  msgsndTimed(queue: number, message: Memory, size: number, timeout: number): number;
  msgsndWait(queue: number, message: Memory, size: number): number;
  msgrcv(
    queue: number,
    message: Memory,
    size: number,
    type: number | bigint,
    flags: number,
  ): number;
  msgrcvTimed(
    queue: number,
    message: Memory,
    size: number,
    type: number | bigint,
    flags: number,
    timeout: number,
  ): number;
  msgrcvWait(queue: number, type: number | bigint, flags: number): number;
  msgrcvArrival(
    queue: number,
    message: Memory,
    type: number | bigint,
    flags: number,
    timeout: number,
  ): number;
  msgrcvSpin(
    queue: number,
    message: Memory,
    size: number,
    type: number | bigint,
    flags: number,
    milliseconds: number,
  ): number;
  msgrcvMany(
    queue: number,
    slab: Memory,
    type: number | bigint,
    flags: number,
    limit: number,
  ): number;
  /** How many messages there are. */
  msgDepth: Quick<1>;
  msgctl(queue: number, command: number, values: Float64Array): number;
}
