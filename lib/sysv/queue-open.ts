import { check, errnoOf, SystemError } from '../core/error';
import { fileMode, optionsOf } from '../core/options';
import { native } from '../native';
import { IPC_CREAT, IPC_EXCL, IPC_INFO, IPC_PRIVATE, IPC_RMID } from './constants';
import { checkKey, checkKeyOf, randomKey, type Key } from './key';
import { msgctlInfo } from './msqid-ds';
import { change, checkMaxBytes } from './queue-status';

/** What a queue is made with. */
export interface CreateOptions {
  /** Permission bits, exactly: System V ignores the umask. Default 0o600. */
  mode?: number | undefined;
  /** Most bytes of payload; by default kernel.msgmnb. Above that it takes CAP_SYS_RESOURCE (EPERM). */
  maxBytes?: number | undefined;
}

/** A queue that was just found or made. */
export interface Opened {
  id: number;
  key: number;
}

const EEXIST = -errnoOf('EEXIST');
const ENOENT = -errnoOf('ENOENT');
const ENOSPC = -errnoOf('ENOSPC');

function failure(error: number, key: number): SystemError {
  const [, { msgmni }] = msgctlInfo(IPC_INFO);
  const hint =
    error === ENOSPC
      ? `there are kernel.msgmni = ${String(msgmni)} queues; remove some (ipcs -q, ipcrm), or raise it with sysctl -w kernel.msgmni=N`
      : undefined;
  return new SystemError(error, 'msgget', { key, hint });
}

/** What its maker needs to set the limit: what is not changed has to be read first. */
const ownerRead = 0o400;

/** msgget of a new queue with its options; a negated errno where msgget fails. */
function tryCreate(key: number, options: CreateOptions): number {
  const { mode = 0o600, maxBytes } = options;
  if (maxBytes === undefined) return native.msgget(key, IPC_CREAT | IPC_EXCL | mode);
  const id = native.msgget(key, IPC_CREAT | IPC_EXCL | mode | ownerRead);
  if (id < 0) return id;
  try {
    change(id, { mode, maxBytes }, { key, id });
  } catch (error) {
    native.msgctl(id, IPC_RMID, new Float64Array(0));
    throw error;
  }
  return id;
}

function checkOptions(options: CreateOptions | undefined): CreateOptions {
  const { mode, maxBytes } = optionsOf(options);
  return {
    mode: mode === undefined ? undefined : fileMode('options.mode', mode),
    maxBytes: maxBytes === undefined ? undefined : checkMaxBytes('options.maxBytes', maxBytes),
  };
}

/** A new queue; EEXIST if the key has one. */
export function create(key: Key, options: CreateOptions | undefined): Opened {
  const checked = checkKey(key);
  const given = checkOptions(options);
  for (;;) {
    const chosen = checked === 'random' ? randomKey() : checked;
    const id = tryCreate(chosen, given);
    if (id >= 0) return { id, key: chosen };
    if (id !== EEXIST || checked !== 'random') throw failure(id, chosen);
  }
}

/** The queue that the key has; ENOENT if none. */
export function open(key: number): Opened {
  const checked = checkKeyOf('queue', key);
  return { id: check(native.msgget(checked, 0), 'msgget', { key: checked }), key: checked };
}

/** The queue that the key has, or a new one. */
export function openOrCreate(key: Key, options: CreateOptions | undefined): Opened {
  const checked = checkKey(key);
  if (checked === 'random' || checked === IPC_PRIVATE) return create(key, options);
  const given = checkOptions(options);
  for (;;) {
    // Two calls, so that only a queue that we made is given our limits; and again, if it was
    // made and removed between them.
    const found = native.msgget(checked, 0);
    if (found >= 0) return { id: found, key: checked };
    if (found !== ENOENT) throw failure(found, checked);
    const id = tryCreate(checked, given);
    if (id >= 0) return { id, key: checked };
    if (id !== EEXIST) throw failure(id, checked);
  }
}
