/** What errors of sockets mean to who has to find the fault. */

import { errnoOf, SystemError } from '../core/error';
import { textOf } from './address';
import type { SendPlan } from './socket-options';

type Hints = ReadonlyMap<number | string, string>;

function hintsOf(hints: Record<string, string>): Hints {
  const all = Object.entries(hints);
  const numbered = all.map(([code, hint]): [number, string] => [-errnoOf(code), hint]);
  return new Map<number | string, string>([...all, ...numbered]);
}

const nobody = 'no process has a socket bound there: one that has ended leaves its file';
const otherType = 'the socket there is of another type: datagram, seqpacket and stream do not mix';

const connecting = hintsOf({
  EACCES: 'it takes the write permission of the socket file, and the way to it',
  ECONNREFUSED: nobody,
  EPROTOTYPE: otherType,
  ETIMEDOUT: 'it listens, but does not accept: its backlog is full',
});

const sending = hintsOf({
  ECONNREFUSED: nobody,
  ENOTCONN: 'it has no peer; a datagram socket has connect(), and sendTo()',
  EMSGSIZE: 'longer than the send buffer holds; raise options.sendBuffer',
  EPROTOTYPE: otherType,
  ETOOMANYREFS: 'too many descriptors are under way; the limit is RLIMIT_NOFILE (ulimit -n)',
});

/** Of a send to a peer that has no address. */
const pairing = hintsOf({ ECONNREFUSED: 'the peer has closed' });

const enclosing = hintsOf({
  EBADF: 'one of options.fds is not open',
});

const claiming = hintsOf({
  EPERM: 'credentials of others take CAP_SYS_ADMIN (pid), CAP_SETUID (uid) and CAP_SETGID (gid)',
  ESRCH: 'no process has the pid of options.credentials',
});

/** Of a connect that has failed or not come to an end. */
export function connectFailure(error: number | string, name: Uint8Array): SystemError {
  return new SystemError(error, 'connect', { path: textOf(name), hint: connecting.get(error) });
}

/** Of a send; `path`: whom to. */
export function sendFailure(
  error: number | string,
  { fds, credentials }: SendPlan,
  path: string | undefined,
): SystemError {
  const hint =
    (fds.length > 0 ? enclosing.get(error) : undefined) ??
    (credentials === undefined ? undefined : claiming.get(error)) ??
    (path === undefined ? pairing.get(error) : undefined) ??
    sending.get(error);
  return new SystemError(error, 'sendmsg', { path, hint });
}
