/** Finds the addon and says what it offers. Nothing else imports the addon. */

import { existsSync } from 'node:fs';
import path from 'node:path';

import bindings from 'bindings';

import type { Core, Descriptors } from './native/core';
import type { EventEventfd } from './native/event-eventfd';
import type { EventFutex } from './native/event-futex';
import type { EventSignal } from './native/event-signal';
import type { LockBarrier } from './native/lock-barrier';
import type { LockCondition } from './native/lock-condition';
import type { LockEvent } from './native/lock-event';
import type { LockFile } from './native/lock-file';
import type { LockMutex } from './native/lock-mutex';
import type { LockOnce } from './native/lock-once';
import type { LockRwlock } from './native/lock-rwlock';
import type { Mmap } from './native/mmap';
import type { PosixMq } from './native/posix-mq';
import type { PosixSem } from './native/posix-sem';
import type { PosixShm } from './native/posix-shm';
import type { Stream } from './native/stream';
import type { SysvKey } from './native/sysv-key';
import type { SysvMsg } from './native/sysv-msg';
import type { SysvSem } from './native/sysv-sem';
import type { SysvShm } from './native/sysv-shm';
import type { UnixCalls, UnixMessage, UnixSocket } from './native/unix';

export type { Memory, Quick, WaitEnd } from './native/core';

/**
 * The functions of the addon. Those named like a system call answer its result or the negated
 * errno; wrong arguments throw before any system call is made. A facility adds its line here.
 */
export interface Native
  extends
    Core,
    Descriptors,
    EventEventfd,
    EventFutex,
    EventSignal,
    LockBarrier,
    LockCondition,
    LockEvent,
    LockFile,
    LockMutex,
    LockOnce,
    LockRwlock,
    Mmap,
    PosixMq,
    PosixSem,
    PosixShm,
    Stream,
    SysvKey,
    SysvMsg,
    SysvSem,
    SysvShm,
    UnixCalls,
    UnixMessage,
    UnixSocket {}

const root = path.resolve(__dirname, '..');

function whatHelps(chosen: string | undefined, cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_DLOPEN_DISABLED')
    return (
      'Node was started with --no-addons, or with --permission. ' +
      'It needs to load a binary: take the first away, or add --allow-addons to the second'
    );
  if (chosen !== undefined)
    return `the binary that POSIX_IPC_ADDON names, ${path.resolve(chosen)}, could not be loaded`;
  if (!existsSync(path.join(root, 'scripts/build-from-source.mjs')))
    return (
      `its files are not in ${root}. A bundler has to leave the package out ` +
      "(external: 'posix-ipc'), so that it is loaded from node_modules"
    );
  return (
    `no binary for ${process.platform} ${process.arch} with this libc could be loaded. ` +
    'Build it from source (make, g++ and python3 are needed): ' +
    'npm explore posix-ipc -- npm run build:from-source'
  );
}

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
    throw new Error(`posix-ipc: ${whatHelps(chosen, cause)}`, { cause });
  }
}

// Copied: V8 keeps an addon's own exports, which are many, in a hash table, and looks there at each call.
export const native: Native = { ...load() };
