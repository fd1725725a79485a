/** Rows of the record locks of fcntl(2), POSIX and OFD: the calls of posix-ipc/syscalls, and lock.FileLock. */

import { constants, readSync } from 'node:fs';

import { lock } from 'posix-ipc';
import {
  F_GETLK,
  F_OFD_GETLK,
  F_RDLCK,
  F_UNLCK,
  F_WRLCK,
  fcntl,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
  type Flock,
} from 'posix-ipc/syscalls';

import { adopt, untilWaiting, type Outsider } from '../support/file-locks';
import {
  access,
  busy,
  closed,
  ofBoth,
  owners,
  prefixes,
  steps,
  throughExec,
  waits,
} from './file-lock-rows';
import type { Make } from './file-lock-rows';
import { range, setOf } from './file-lock-step';
import { another, countOf, newFile, O_PATH, object, observerOf, play, raw } from './file-locks';
import { absent, different, own, type Column, type Row } from './row';

type Kind = 'posix' | 'ofd';

const wholeGuards = absent('guards are released, upgraded and downgraded whole');
const fromTheBeginning = absent('the class counts from the beginning');
const checkedBefore = 'arguments are checked before the call';
const most = 2n ** 63n - 1n;

function ranges(kind: Kind): Row[] {
  const ownGuard = (run: () => unknown): Column =>
    different('EAGAIN', 'guards of one object exclude each other', run);
  const whole = (): Column => wholeGuards;
  return [
    steps(kind, ['exclusive', 'an exclusive lock', '--www------'], 'w 2 3'),
    steps(kind, ['shared', 'a shared one', '--rrr------'], 'r 2 3'),
    steps(kind, ['to-end', 'length 0: to any end', '-------wwww'], 'w 7 0'),
    steps(kind, ['beyond', 'where the file has no bytes yet', '----------w'], 'w 1000000 1'),
    steps(kind, ['unlock', 'it is released', '-----------'], 'w 2 3, u 2 3'),
    steps(kind, ['unlock-part', 'a part of it', 'www--wwww--'], 'w 0 9, u 3 2', whole),
    steps(kind, ['unlock-none', 'what is not locked', '-----------'], 'u 0 0', whole),
    steps(kind, ['upgrade', 'from shared to exclusive', 'wwwww------'], 'r 0 5, w 0 5'),
    steps(kind, ['downgrade', 'from exclusive to shared', 'rrrrr------'], 'w 0 5, r 0 5'),
    steps(kind, ['upgrade-part', 'a part', 'rrrwwrrrr--'], 'r 0 9, w 3 2', ownGuard),
    steps(kind, ['downgrade-part', 'a part', 'wwwrrrwww--'], 'w 0 9, r 3 3', ownGuard),
    count(kind, ['merge', 'two that meet are one', '1'], 'w 0 5, w 5 5'),
    count(kind, ['merge-overlap', 'so are two that overlap', '1'], 'r 0 6, r 4 6'),
    count(kind, ['gap', 'two with a gap are two', '2'], 'w 0 4, w 5 5'),
    count(kind, ['no-merge', 'so are one of each kind', '2'], 'w 0 3, r 3 3'),
    count(kind, ['split', 'a hole makes two of one', '2'], 'w 0 9, u 3 2', wholeGuards),
  ];
}

/** How many locks the kernel keeps after these steps. */
function count(
  kind: Kind,
  named: readonly [string, string, string],
  text: string,
  promise?: Column,
): Row {
  const run = async (make: Make): Promise<number | string> => {
    const locker = make(kind);
    const answer = await play(locker, text);
    return answer === 'done' ? countOf(locker) : answer;
  };
  return ofBoth(kind, named, run, promise);
}

function others(kind: Kind): Row[] {
  return [
    busy(kind, ['busy', 'another has it', 'EAGAIN'], 'w 0 0', ['w', 0, 1]),
    busy(kind, ['busy-shared', 'shared, of what another has', 'EAGAIN'], 'w 2 3', ['r', 4, 1]),
    busy(kind, ['busy-reader', 'exclusive, of what is shared', 'EAGAIN'], 'r 2 3', ['w', 2, 1]),
    busy(kind, ['readers', 'shared locks go together', 'done'], 'r 2 3', ['r']),
    busy(kind, ['neighbours', 'the bytes beside', 'done'], 'w 0 5', ['w', 5, 5]),
    busy(kind, ['behind-end', 'where the file has no bytes yet', 'EAGAIN'], 'w 7 0', ['w', 1e6, 1]),
  ];
}

/** A lock of bytes that are described otherwise, with the descriptor's position at 4. */
function place(
  kind: Kind,
  [name, what, expected]: readonly [string, string, string],
  described: Partial<Flock>,
  promise: Column,
): Row {
  const sync = (): string => {
    const { fd, path } = raw(kind);
    const seen = observerOf(kind, path);
    readSync(fd, Buffer.alloc(4));
    fcntl(fd, setOf(kind), { ...range(F_WRLCK), ...described });
    return seen();
  };
  return own(`${prefixes[kind]}-${name}`, what, expected, sync, promise);
}

function refused(kind: Kind, start: number | bigint, length: number | bigint): Column {
  return different('ERR_OUT_OF_RANGE', checkedBefore, () => object(kind).step('w', start, length));
}

function places(kind: Kind): Row[] {
  const at = (l_whence: number, l_start: number | bigint, l_len: number | bigint): Flock => ({
    ...range(F_WRLCK, l_start, l_len),
    l_whence,
  });
  return [
    place(
      kind,
      ['seek-cur', 'from the position', '--www------'],
      at(SEEK_CUR, -2, 3),
      fromTheBeginning,
    ),
    place(kind, ['seek-end', 'from the end', '--------w--'], at(SEEK_END, -2, 1), fromTheBeginning),
    place(
      kind,
      ['negative-length', 'the bytes before', '--www------'],
      at(SEEK_SET, 5, -3),
      refused(kind, 5, -3),
    ),
    place(
      kind,
      ['before-start', 'from before the beginning', 'EINVAL'],
      at(SEEK_SET, -1, 1),
      refused(kind, -1, 1),
    ),
    place(
      kind,
      ['length-before-start', 'to before the beginning', 'EINVAL'],
      at(SEEK_SET, 2, -3),
      refused(kind, 2, -3),
    ),
    place(kind, ['wrong-whence', 'from nowhere', 'EINVAL'], at(9, 0, 0), fromTheBeginning),
    place(
      kind,
      ['too-far', 'beyond the last byte that there can be', 'EOVERFLOW'],
      at(SEEK_SET, most, 2),
      refused(kind, most, 2),
    ),
    ofBoth(kind, ['last-byte', 'the last byte that there can be', 'done'], (make) =>
      make(kind).step('w', most, 1),
    ),
  ];
}

function fields(kind: Kind): Row[] {
  const set = (l_type: number, l_pid: number) => (): void => {
    fcntl(raw(kind).fd, setOf(kind), { ...range(l_type), l_pid });
  };
  const hasNone = absent('the class fills the structure in');
  const prefix = prefixes[kind];
  const pidAnswer = kind === 'ofd' ? 'EINVAL' : 'done';
  return [
    own(`${prefix}-wrong-type`, 'a lock of no type', 'EINVAL', set(9, 0), hasNone),
    own(`${prefix}-pid-set`, 'l_pid is not 0', pidAnswer, set(F_WRLCK, 1), hasNone),
    closed(kind),
    access(kind, ['read-only', constants.O_RDONLY, 'exclusive, read-only', 'EBADF'], 'w'),
    access(kind, ['write-only', constants.O_WRONLY, 'shared, write-only', 'EBADF'], 'r'),
    access(kind, ['path-only', O_PATH, 'a descriptor of O_PATH', 'EBADF'], 'r'),
  ];
}

/** Who is in the way of an exclusive lock of the whole file. */
function found(
  kind: Kind,
  named: readonly [string, string, string],
  held: string | undefined,
): Row {
  const nameOf = (pid: number | undefined, holder: Outsider | undefined): string =>
    pid === holder?.pid ? 'holder' : String(pid);
  const sync = async (): Promise<string> => {
    const locker = raw(kind);
    const holder = held === undefined ? undefined : await another(locker, held);
    if (holder === undefined) await play(locker, 'w 2 3');
    const cmd = kind === 'ofd' ? F_OFD_GETLK : F_GETLK;
    const { l_type, l_start, l_len, l_pid } = fcntl(locker.fd, cmd, range(F_WRLCK));
    if (l_type === F_UNLCK) return 'free';
    const type = l_type === F_RDLCK ? 'r' : 'w';
    return `${type} ${String(l_start)} ${String(l_len)} ${nameOf(l_pid, holder)}`;
  };
  const promise = async (): Promise<string> => {
    const path = newFile();
    const file = adopt(lock.FileLock.openSync(path, { kind }));
    const holder = held === undefined ? undefined : await another({ kind, path }, held);
    if (holder === undefined) file.lockSync({ start: 2, length: 3 });
    const inTheWay = await file.test();
    if (inTheWay === undefined) return 'free';
    const { shared, start, length, pid } = inTheWay;
    return `${shared ? 'r' : 'w'} ${String(start)} ${String(length)} ${nameOf(pid, holder)}`;
  };
  const [name, what, expected] = named;
  return own(`${prefixes[kind]}-${name}`, what, expected, sync, promise);
}

function asked(kind: Kind): Row[] {
  const who = kind === 'ofd' ? '-1' : 'holder';
  return [
    found(kind, ['found', 'an exclusive lock is in the way', `w 2 3 ${who}`], 'w 2 3'),
    found(kind, ['found-shared', 'a shared one', `r 7 0 ${who}`], 'r 7 0'),
    found(kind, ['found-lowest', 'the lowest of two', `w 2 1 ${who}`], 'w 6 1, w 2 1'),
    found(kind, ['found-own', 'one’s own is not in the way', 'free'], undefined),
  ];
}

/** Another process holds some bytes, and waits for ours; we wait for its. */
function deadlock(
  [name, what]: readonly [string, string],
  { mine, other, wanted }: { mine: string; other: string; wanted: number },
): Row {
  return ofBoth('posix', [name, what, 'EDEADLK'], async (make) => {
    const locker = make('posix');
    await play(locker, mine);
    const outsider = await another(locker, other);
    const end = outsider.ask('lock', 'w 0 1');
    await untilWaiting(locker.path);
    try {
      return await locker.step('W', wanted, 1);
    } finally {
      locker.close();
      await end;
    }
  });
}

/** What a lock of one kind says of a lock of another. */
function across(
  [c, what, expected]: readonly [string, string, string],
  [holder, asker]: readonly [lock.FileLockKind, Kind],
): Row {
  const run = async (make: Make): Promise<string> => {
    const locker = make(holder);
    await locker.step('w');
    return make(asker, locker.path).step('w');
  };
  return own(
    c,
    what,
    expected,
    () => run(raw),
    () => run(object),
  );
}

function ofKind(kind: Kind): Row[] {
  return [
    ...ranges(kind),
    ...others(kind),
    ...places(kind),
    ...fields(kind),
    ...asked(kind),
    ...owners(kind),
    ...throughExec(kind),
    ...waits(kind),
  ];
}

export const fcntlRows: Row[] = [
  ...ofKind('posix'),
  deadlock(['deadlock', 'two wait for each other'], { mine: 'w 0 1', other: 'w 1 1', wanted: 1 }),
  deadlock(['deadlock-upgrade', 'two readers upgrade for each other'], {
    mine: 'r 0 1',
    other: 'r 0 1',
    wanted: 0,
  }),
  across(
    ['fcntl-sees-ofd', 'an OFD lock of the process is in the way', 'EAGAIN'],
    ['ofd', 'posix'],
  ),
];

export const ofdRows: Row[] = [
  ...ofKind('ofd'),
  across(
    ['ofd-sees-posix', 'a POSIX lock of the process is in the way', 'EAGAIN'],
    ['posix', 'ofd'],
  ),
  across(['ofd-not-flock', 'flock is not', 'done'], ['flock', 'ofd']),
];
