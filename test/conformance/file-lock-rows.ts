/** Rows that fcntl(2) and flock(2) share, and how a row is made of steps. */

import type { lock } from 'posix-ipc';

import { untilWaiting } from '../support/file-locks';
import type { Peer } from '../support/processes';
import { soon } from '../support/wait-until';
import { acrossSignalOf, start } from './elsewhere';
import { another, duplicateOf, newFile, object, observerOf, play, raw } from './file-locks';
import type { Locker } from './file-locks';
import type { How } from './file-lock-step';
import { absent, different, own, type Column, type Row } from './row';

type Kind = lock.FileLockKind;
type Named = readonly [name: string, what: string, expected: string];

/** What rows are called by. */
export const prefixes: Record<Kind, string> = { posix: 'fcntl', ofd: 'ofd', flock: 'flock' };

/** Makes who locks a new file, by one of the interfaces. */
export type Make = (kind: Kind, path?: string, flags?: number) => Locker;

/** A row whose columns differ only in who locks; `promise` stands for the class where it does. */
export function ofBoth(
  kind: Kind,
  [name, what, expected]: Named,
  run: (make: Make) => unknown,
  promise: Column = () => run(object),
): Row {
  return own(`${prefixes[kind]}-${name}`, what, expected, () => run(raw), promise);
}

/** What others see after these steps; or the error of the first that fails. */
export function steps(
  kind: Kind,
  named: Named,
  text: string,
  promise?: (run: () => unknown) => Column,
): Row {
  const run = async (make: Make): Promise<string> => {
    const locker = make(kind);
    const seen = observerOf(kind, locker.path);
    const answer = await play(locker, text);
    return answer === 'done' ? seen() : answer;
  };
  return ofBoth(
    kind,
    named,
    run,
    promise?.(() => run(object)),
  );
}

/** What comes of a step while another process has locks. */
export function busy(
  kind: Kind,
  named: Named,
  held: string,
  [how, from = 0, length = 0]: readonly [how: How, from?: number, length?: number],
): Row {
  return ofBoth(kind, named, async (make) => {
    const locker = make(kind);
    await another(locker, held);
    return locker.step(how, from, length);
  });
}

const knowsItIsClosed = 'objects know that they are closed';
const noExec = absent('Node has no exec');

/** What rows hold, what others find then, and what they find when nobody holds it. */
function seenIn(kind: Kind): { held: string; half: string; free: string } {
  return kind === 'flock'
    ? { held: 'w 0 0', half: 'w', free: '-' }
    : { held: 'w 0 5', half: 'wwwww------', free: '-----------' };
}

/** Of the fixture's calls. */
function formOf(make: Make): '' | 'object-' {
  return make === raw ? '' : 'object-';
}

/** What others see after something was done to who holds a lock. */
function after(
  kind: Kind,
  named: Named,
  happen: (locker: Locker, form: ReturnType<typeof formOf>) => unknown,
): Row {
  return ofBoth(kind, named, async (make) => {
    const locker = make(kind);
    const seen = observerOf(kind, locker.path);
    expect(await play(locker, seenIn(kind).held)).toBe('done');
    await happen(locker, formOf(make));
    return seen();
  });
}

/** Whose a lock is: what other descriptors of the process do to it. */
function descriptors(kind: Kind): Row[] {
  const { half, free } = seenIn(kind);
  const posix = kind === 'posix';
  const again = posix ? 'done' : 'EAGAIN';
  const left = posix ? free : half;
  return [
    ofBoth(kind, ['second-descriptor', 'the process opens it again', again], async (make) => {
      const locker = make(kind);
      await locker.step('w');
      return make(kind, locker.path).step('w');
    }),
    ofBoth(kind, ['duplicate', 'a copy of its descriptor', 'done'], async (make) => {
      const locker = make(kind);
      await locker.step('w');
      return duplicateOf(locker).step('w');
    }),
    after(kind, ['close-of-another', 'another descriptor is closed', left], ({ path }) => {
      raw(kind, path).close();
    }),
    after(kind, ['close-of-duplicate', 'a copy of its descriptor is closed', left], (locker) => {
      duplicateOf(locker).close();
    }),
    after(kind, ['close', 'its descriptor is closed', free], (locker) => {
      locker.close();
    }),
  ];
}

/** And what a child does that has the descriptor. */
function children(kind: Kind): Row[] {
  const { half, free } = seenIn(kind);
  const [answer, left] = kind === 'posix' ? ['EAGAIN', half] : ['done', free];
  return [
    ofBoth(kind, ['child', 'a child that has its descriptor', answer], async (make) => {
      const locker = make(kind);
      await locker.step('w');
      return start(`${kind}-${formOf(make)}try`, { key: 3 }, [locker.fd]).line();
    }),
    after(
      kind,
      ['child-unlocks', 'a child that has its descriptor lets go', left],
      ({ fd }, form) => start(`${kind}-${form}unlock`, { key: 3 }, [fd]).success(),
    ),
  ];
}

export function owners(kind: Kind): Row[] {
  return [...descriptors(kind), ...children(kind)];
}

/** What becomes of a lock when the program goes on as another one. */
export function throughExec(kind: Kind): Row[] {
  const free = '-----------';
  return [
    own(`${prefixes[kind]}-exec`, 'exec keeps it', `wwwww------ ${free}`, noExec, noExec),
    own(
      `${prefixes[kind]}-exec-closes`,
      'exec closes its descriptor',
      `${free} ${free}`,
      noExec,
      noExec,
    ),
  ];
}

/** A process that waits for a lock. */
async function waiter(make: Make, { kind, path }: Pick<Locker, 'kind' | 'path'>): Promise<Peer> {
  const peer = start(`${kind}-${formOf(make)}wait`, { key: path });
  await untilWaiting(path);
  return peer;
}

/** A call that waits in another process; meanwhile something happens to who holds the lock. */
function waiting(
  kind: Kind,
  named: Named,
  happen: (locker: Locker, peer: Peer, seen: () => string) => unknown,
): Row {
  return ofBoth(kind, named, async (make) => {
    const locker = make(kind);
    const seen = observerOf(kind, locker.path);
    await play(locker, seenIn(kind).held);
    return happen(locker, await waiter(make, locker), seen);
  });
}

export function waits(kind: Kind): Row[] {
  const { held, free } = seenIn(kind);
  const release = `u${held.slice(1)}`;
  return [
    waiting(kind, ['waits', 'it waits, and goes on', 'done'], async (locker, peer) => {
      await play(locker, release);
      return peer.line();
    }),
    waiting(
      kind,
      ['waiter-killed', 'who is killed while it waits takes nothing', free],
      async (locker, peer, seen) => {
        peer.kill('SIGKILL');
        await soon('its end', peer.ended);
        await play(locker, release);
        return seen();
      },
    ),
    ofBoth(
      kind,
      ['holder-killed', 'it goes on when the holder is killed', 'done'],
      async (make) => {
        const place = { kind, path: newFile() };
        const holder = await another(place, held);
        const peer = await waiter(make, place);
        await holder.kill();
        return peer.line();
      },
    ),
    own(
      `${prefixes[kind]}-interrupted`,
      'a handler without SA_RESTART runs while it waits',
      'EINTR',
      absent('Node sets SA_RESTART on all its handlers'),
      different('signal, then done', 'the handler runs meanwhile', async () => {
        const locker = object(kind);
        await play(locker, held);
        const peer = await waiter(object, locker);
        return acrossSignalOf(peer, () => {
          locker.close();
        });
      }),
    ),
  ];
}

/** A descriptor that has been closed. */
export function closed(kind: Kind): Row {
  const run = (make: Make) => async (): Promise<string> => {
    const locker = make(kind);
    locker.close();
    return locker.step('w');
  };
  return own(
    `${prefixes[kind]}-closed`,
    'a closed descriptor',
    'EBADF',
    run(raw),
    different('ERR_CLOSED', knowsItIsClosed, run(object)),
  );
}

/** A descriptor that is opened in some way. */
export function access(
  kind: Kind,
  [name, flags, what, expected]: readonly [string, number, string, string],
  how: How,
): Row {
  return ofBoth(kind, [name, what, expected], (make) => make(kind, newFile(), flags).step(how));
}
