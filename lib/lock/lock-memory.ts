/** Locks in shared memory: by name, or at an offset of a mapping. */

import { check, errnoOf, outOfRange, SystemError } from '../core/error';
import { handleOf, type Mapping } from '../core/mapping';
import {
  createNamed,
  openNamed,
  openOrCreateNamed,
  type Making,
  type NamedKind,
} from '../core/named-memory';
import { boolean, fileMode, integer, optionsOf } from '../core/options';
import { nameOf } from '../core/shared-object';
import { native } from '../native';

/** What locks of one kind have in common. */
export interface LockKind {
  /** As in 'there is no mutex'. */
  what: string;
  /** The name of the call that opens one, in errors. */
  syscall: string;
  /** The least that one takes. */
  bytes: number;
  /** The native handle of what lies there; -EINVAL: nothing; -EPROTO: of another layout. */
  open(memory: number, byteOffset: number): number;
  close(handle: number): void;
}

/** What a lock is made with. */
export interface LockMaking {
  /** What this one takes; by default the least. */
  bytes?: number;
  /** 0, or the negated errno of getrandom(2). */
  init(memory: number, byteOffset: number): number;
}

/** As in the options of all that have a name. */
export interface ModeOption {
  /** Permission bits, exactly, whatever the umask. Who uses it must read and write. Default 0o600. */
  mode?: number | undefined;
}

/** As in the options of all that can lie in a mapping. */
export interface CreateOption {
  /** Make it there; before anybody else uses it. Default false: somebody has. */
  create?: boolean | undefined;
}

/** Both begin at a multiple of this. */
const alignment = 64;

const EINVAL = -errnoOf('EINVAL');
const EPROTO = -errnoOf('EPROTO');

/** Handles that nobody closed, and nobody refers to any more. */
const forgotten = new FinalizationRegistry<() => void>((close) => {
  close();
});

/** An open lock of the addon: closed when its last user lets go of it, or is forgotten. */
export class LockHandle {
  readonly number: number;
  /** The name, with its leading slash; undefined for one in a mapping. */
  readonly name: string | undefined;
  readonly #close: () => void;
  #users = 1;

  constructor(number: number, name: string | undefined, kind: LockKind) {
    this.number = number;
    this.name = name;
    this.#close = () => {
      kind.close(number);
    };
    forgotten.register(this, this.#close, this);
  }

  keep(): void {
    this.#users++;
  }

  letGo(): void {
    if (--this.#users > 0) return;
    forgotten.unregister(this);
    this.#close();
  }
}

function failure(kind: LockKind, error: number, path?: string): SystemError {
  const hints = new Map([
    [EINVAL, `there is no ${kind.what}`],
    [EPROTO, `the ${kind.what} has a layout that this version does not know`],
  ]);
  return new SystemError(error, kind.syscall, { path, hint: hints.get(error) });
}

function handleAt(kind: LockKind, memory: number, byteOffset: number, path?: string): LockHandle {
  const number = kind.open(memory, byteOffset);
  if (number < 0) throw failure(kind, number, path);
  return new LockHandle(number, path, kind);
}

/** The lock holds on to the memory by itself: the mapping goes. */
function namedKind(kind: LockKind): NamedKind<LockHandle> {
  return {
    bytes: kind.bytes,
    tooSmall: (name) => failure(kind, EINVAL, name),
    open: (mapping, name) => {
      const handle = handleAt(kind, handleOf(mapping), 0, name);
      mapping.close();
      return handle;
    },
    discard: (handle) => {
      handle.letGo();
    },
  };
}

function namedMakingOf(kind: LockKind, making: LockMaking, options: Partial<ModeOption>): Making {
  const { mode = 0o600 } = options;
  return {
    bytes: making.bytes ?? kind.bytes,
    mode: fileMode('options.mode', mode),
    init: (mapping) => {
      check(making.init(handleOf(mapping), 0), 'getrandom');
    },
  };
}

/** The ways to locks of one kind. Options are checked before anything is opened or made. */
export interface LockOpener<Options, AtOptions> {
  /** A new lock; EEXIST if there is one of this name. */
  create: (name: string | undefined, options: Options | undefined) => LockHandle;
  /** The lock of a name; ENOENT if none. */
  open: (name: string) => LockHandle;
  /** The lock of a name, or a new one. */
  openOrCreate: (name: string | undefined, options: Options | undefined) => LockHandle;
  /** The lock in a mapping: made there if the options say so. */
  openAt: (mapping: Mapping, byteOffset: number, options: AtOptions | undefined) => LockHandle;
}

/** `makingOf`: what a lock is made with, by checked options. */
export function lockOpener<Options extends ModeOption, AtOptions extends CreateOption>(
  kind: LockKind,
  makingOf: (options: Partial<Options> | Partial<AtOptions>) => LockMaking,
): LockOpener<Options, AtOptions> {
  const named = namedKind(kind);
  const namedMaking = (options: Options | undefined): Making => {
    const given = optionsOf(options);
    return namedMakingOf(kind, makingOf(given), given);
  };
  return {
    create: (name, options) => createNamed(named, name, namedMaking(options)).opened,
    open: (name) => openNamed(named, name).opened,
    openOrCreate: (name, options) => openOrCreateNamed(named, name, namedMaking(options)).opened,
    openAt: (mapping, byteOffset, options) => {
      const given = optionsOf(options);
      return lockAt(kind, mapping, byteOffset, makingOf(given), given);
    },
  };
}

function lockAt(
  kind: LockKind,
  mapping: Mapping,
  byteOffset: number,
  making: LockMaking,
  options: Partial<CreateOption>,
): LockHandle {
  const { create: isMade = false } = options;
  boolean('options.create', isMade);
  const bytes = isMade ? (making.bytes ?? kind.bytes) : kind.bytes;
  const memory = handleOf(mapping);
  if (mapping.access !== 'write') {
    throw outOfRange('mapping.access', "'write'", `'${mapping.access}'`);
  }
  if (mapping.length < bytes) {
    throw outOfRange('mapping.length', `at least ${String(bytes)} bytes`, mapping.length);
  }
  integer('byteOffset', byteOffset, 0, mapping.length - bytes);
  if (byteOffset % alignment !== 0) {
    throw outOfRange('byteOffset', `a multiple of ${String(alignment)}`, byteOffset);
  }
  if (isMade) check(making.init(memory, byteOffset), 'getrandom');
  return handleAt(kind, memory, byteOffset);
}

/** Removes the name of a lock. */
export function unlinkLock(name: string): void {
  const path = nameOf(name);
  check(native.shmUnlink(path), 'shm_unlink', { path });
}
