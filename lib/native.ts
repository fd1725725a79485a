/** Finds the addon and says what it offers. Nothing else imports the addon. */

import path from 'node:path';

import bindings from 'bindings';

/** A struct msgbuf in memory: a view, or the address of a registered slab (4096 * offset + index). */
export type Memory = number | NodeJS.ArrayBufferView;

/** How a native wait ended: the call's result or negated errno, and one 64-bit number more. */
export type WaitEnd = (result: number, low: number, high: number) => void;

/**
 * The functions of the addon. Those named like a system call answer its result or the negated
 * errno; wrong arguments throw before any system call is made.
 */
export interface Native {
  errorTable(): [errno: number, code: string, text: string][];
  registerSlab(view: NodeJS.ArrayBufferView): number;
  replaceSlab(index: number, view: NodeJS.ArrayBufferView): void;

  /** 4 per ended wait: its number, its result, the low and the high half of one number more. */
  readonly waitWords: Int32Array;
  /** Who is told, by the wait's number. */
  readonly waitEnds: (WaitEnd | undefined)[];
  onWaitEnds(deliver: (count: number) => void, nothing: () => void): void;
  cancelWait(wait: number): boolean;
  endWait(wait: number): number;
  refWaits(): void;
  unrefWaits(): void;

  ftok(pathname: string, project: number): number;

  msgget(key: number, flags: number): number;
  msgsnd(queue: number, message: Memory, size: number, flags: number): number;
  msgsndTimed(queue: number, message: Memory, size: number, timeout: number): number;
  msgsndWait(queue: number, message: Memory, size: number): number;
  msgsndMany(queue: number, slab: Memory, count: number): number;
  msgrcv(
    queue: number,
    message: Memory,
    size: number,
    type: number | bigint,
    flags: number,
  ): number;
  msgrcvInto(
    queue: number,
    slab: Memory,
    memory: Memory,
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
  msgctl(queue: number, command: number, values: Float64Array): number;
}

const root = path.resolve(__dirname, '..');

function load(): Native {
  const chosen = process.env['POSIX_IPC_ADDON'];
  const prebuilt = ['module_root', 'prebuilds', `${process.platform}-${process.arch}`, 'bindings'];
  const built = ['module_root', 'build', 'Release', 'bindings'];
  try {
    return bindings({
      bindings: 'posix_ipc',
      module_root: root,
      try: chosen === undefined ? [prebuilt, built] : [[path.resolve(chosen)]],
    }) as Native;
  } catch (cause) {
    throw new Error(
      `posix-ipc: no binary for ${process.platform} ${process.arch} with this libc could be loaded. ` +
        'Build it from source (make, g++ and python3 are needed): ' +
        'npm explore posix-ipc -- npm run build:from-source',
      { cause },
    );
  }
}

export const native = load();
