/** Rows of connect(2), listen(2) and accept(2) of Unix sockets. */

import { chmodSync, symlinkSync } from 'node:fs';

import { unix } from 'posix-ipc';
import {
  accept4,
  connect,
  listen,
  sockaddr_un,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
} from 'posix-ipc/syscalls';

import { untilBlockedIn } from '../support/blocked';
import { socketId } from '../support/descriptor-info';
import { temporaryFile } from '../support/files';
import type { Peer } from '../support/processes';
import { abstractName, closing, socketPath } from '../support/sockets';
import { adoptDescriptor, closeNow } from './descriptors';
import { acrossSignalOf, asNobody, start } from './elsewhere';
import { unusedPath } from './fifos';
import { root } from './needs';
import { absent, different, own, type Column, type Row } from './row';
import {
  bound,
  connectedTo,
  listening,
  newPair,
  newSocket,
  nextWord,
  post,
  saidBy,
} from './sockets';

const restarts = absent('Node sets SA_RESTART on all its handlers');

/** Connects to an address, when something has been done to it. */
function connects(
  c: string,
  what: string,
  expected: string,
  address: () => string,
  before: (address: string) => unknown = () => undefined,
): Row {
  return own(
    c,
    what,
    expected,
    () => {
      const name = address();
      before(name);
      connectedTo('seqpacket', name);
    },
    async () => {
      const name = address();
      before(name);
      closing(await unix.SeqPacket.connect(name));
    },
  );
}

const listens = (address: string): number => listening('seqpacket', address);

function loop(): string {
  const path = socketPath();
  symlinkSync(path, path);
  return path;
}

function byNobody(c: string, what: string, expected: string, mode: number): Row {
  const path = (): string => {
    const { key } = unusedPath();
    listens(key);
    chmodSync(key, mode);
    return key;
  };
  return {
    ...own(
      c,
      what,
      expected,
      () => asNobody('connect', path()),
      () => asNobody('seqpacket-connect', path()),
    ),
    needs: root,
  };
}

const connecting: Row[] = [
  connects('connect-listening', 'somebody listens', 'done', socketPath, listens),
  connects('connect-absent', 'a path of nothing', 'ENOENT', socketPath),
  connects('connect-abstract-absent', 'an abstract name of nobody', 'ECONNREFUSED', abstractName),
  connects(
    'connect-longer',
    'a null byte more is another name',
    'ECONNREFUSED',
    () => `${abstractName()}\0`,
    (address) => listens(address.slice(0, -1)),
  ),
  connects('connect-not-listening', 'nobody listens yet', 'ECONNREFUSED', socketPath, (address) =>
    bound('seqpacket', address),
  ),
  connects('connect-stale', 'nobody listens any more', 'ECONNREFUSED', socketPath, (address) => {
    closeNow(listens(address));
  }),
  connects('connect-no-socket', 'a file that is no socket', 'ECONNREFUSED', () =>
    temporaryFile(''),
  ),
  connects('connect-other-type', 'a socket of another type', 'EPROTOTYPE', socketPath, (address) =>
    listening('stream', address),
  ),
  own(
    'connect-datagram-to-stream',
    'a datagram socket, to one that listens',
    'EPROTOTYPE',
    () => {
      const path = socketPath();
      listening('stream', path);
      connectedTo('datagram', path);
    },
    () => {
      const path = socketPath();
      listening('stream', path);
      return unix.Datagram.connect(path);
    },
  ),
  connects('connect-not-folder', 'a folder that is none', 'ENOTDIR', () => '/dev/null/socket'),
  connects('connect-loop', 'a link to itself', 'ELOOP', loop),
  byNobody('connect-forbidden', 'by another user, without permission', 'EACCES', 0o604),
  byNobody('connect-allowed', 'by another user, with permission', 'done', 0o602),
  own(
    'connect-again',
    'a socket that is connected',
    'EISCONN',
    () => {
      const name = abstractName();
      listens(name);
      connect(connectedTo('seqpacket', name), sockaddr_un(name));
    },
    absent('an object is connected when it is made'),
  ),
  own(
    'connect-taken-datagram',
    'a datagram socket that has another peer',
    'EPERM',
    () => connectedTo('datagram', takenName()),
    () => unix.Datagram.connect(takenName()),
  ),
];

function takenName(): string {
  const [name, other] = [abstractName(), abstractName()];
  bound('datagram', other);
  connect(bound('datagram', name), sockaddr_un(other));
  return name;
}

// ---- a backlog that is full

interface Full {
  address: string;
  server: number;
}

function fullBacklog(): Full {
  const address = abstractName();
  const server = listening('seqpacket', address, 0);
  connectedTo('seqpacket', address);
  return { address, server };
}

/** A call of the fixture that waits in connect(2). */
async function waiting(call: string, { address }: Full): Promise<Peer> {
  const peer = start(call, { key: address.replaceAll('\0', '@') });
  await untilBlockedIn('connect', peer.pid);
  return peer;
}

function blocked(c: string, what: string, expected: string, happen: (full: Full) => void): Row {
  const column =
    (call: string): Column =>
    async () => {
      const full = fullBacklog();
      const peer = await waiting(call, full);
      happen(full);
      return peer.line();
    };
  return own(c, what, expected, column('connect'), column('seqpacket-connect'));
}

const acceptNow = (server: number): number => adoptDescriptor(accept4(server, SOCK_CLOEXEC));

const waits: Row[] = [
  own(
    'connect-backlog',
    'too many wait to be accepted, without waiting',
    'EAGAIN',
    () => connectedTo('seqpacket', fullBacklog().address, SOCK_NONBLOCK),
    different('ETIMEDOUT', 'it waits, for no time', () =>
      unix.SeqPacket.connect(fullBacklog().address, { timeout: 0 }),
    ),
  ),
  blocked('connect-goes-on', 'it goes on when one is accepted', 'done', ({ server }) => {
    acceptNow(server);
  }),
  blocked('connect-server-gone', 'the server goes away', 'ECONNREFUSED', ({ server }) => {
    closeNow(server);
  }),
  own(
    'connect-interrupted',
    'a handler without SA_RESTART runs while it blocks',
    'EINTR',
    restarts,
    different('signal, then done', 'the handler runs meanwhile', async () => {
      const full = fullBacklog();
      const peer = await waiting('seqpacket-connect', full);
      return acrossSignalOf(peer, () => {
        acceptNow(full.server);
      });
    }),
  ),
];

export const connectRows: Row[] = [...connecting, ...waits];

// ---- listen

function listenOn(
  c: string,
  what: string,
  expected: string,
  fd: () => number,
  promise: Column,
): Row {
  return own(
    c,
    what,
    expected,
    () => {
      listen(fd(), 5);
    },
    promise,
  );
}

const otherType = (fd: () => number): Column =>
  different('EPROTOTYPE', 'the type is looked at first', () => unix.StreamServer.fromFd(fd()));

const unbound = (): number => newSocket('stream');
const connected = (): number => newPair('stream')[0];
const datagram = (): number => bound('datagram', abstractName());

export const listenRows: Row[] = [
  listenOn('listen-unbound', 'a socket that is not bound', 'EINVAL', unbound, () =>
    unix.StreamServer.fromFd(unbound()),
  ),
  listenOn('listen-datagram', 'a datagram socket', 'EOPNOTSUPP', datagram, otherType(datagram)),
  listenOn('listen-connected', 'a connected socket', 'EINVAL', connected, () =>
    unix.StreamServer.fromFd(connected()),
  ),
];

// ---- accept

function server(address = abstractName(), flags = 0): { address: string; fd: number } {
  return { address, fd: listening('seqpacket', address, 5, flags) };
}

function serverObject(): unix.SeqPacketServer {
  return closing(unix.SeqPacketServer.createSync(abstractName()));
}

const boundOnly = (): number => bound('stream', abstractName());

/** A process that waits in accept(2) for one who sends something. */
async function accepting(call: string, sleeps: 'accept4' | 'epoll', fd: number): Promise<Peer> {
  const peer = start(call, { key: 3 }, [fd]);
  await untilBlockedIn(sleeps, peer.pid, socketId(fd));
  return peer;
}

function goesOn(call: string, sleeps: 'accept4' | 'epoll'): Column {
  return async () => {
    const { address, fd } = server();
    const peer = await accepting(call, sleeps, fd);
    post(connectedTo('seqpacket', address), 'come');
    return peer.line();
  };
}

export const acceptRows: Row[] = [
  own(
    'accept-none',
    'nobody waits to be accepted, without waiting',
    'EAGAIN',
    () => acceptNow(server(undefined, SOCK_NONBLOCK).fd),
    () => (serverObject().tryAccept() === undefined ? 'EAGAIN' : 'done'),
  ),
  own(
    'accept-not-listening',
    'a socket that does not listen',
    'EINVAL',
    () => acceptNow(boundOnly()),
    () => unix.StreamServer.fromFd(boundOnly()),
  ),
  own(
    'accept-datagram',
    'a datagram socket',
    'EOPNOTSUPP',
    () => acceptNow(datagram()),
    otherType(datagram),
  ),
  own(
    'accept-gone',
    'who has gone away meanwhile is accepted',
    'end',
    () => {
      const { address, fd } = server();
      closeNow(connectedTo('seqpacket', address));
      return nextWord(acceptNow(fd));
    },
    async () => {
      const listener = serverObject();
      closeNow(connectedTo('seqpacket', listener.address as string));
      return saidBy(await closing(await listener.accept()).receive());
    },
  ),
  own(
    'accept-order',
    'who came first is accepted first',
    'first',
    () => {
      const { address, fd } = server();
      for (const text of ['first', 'second']) post(connectedTo('seqpacket', address), text);
      return nextWord(acceptNow(fd));
    },
    async () => {
      const listener = serverObject();
      const address = listener.address as string;
      for (const text of ['first', 'second']) post(connectedTo('seqpacket', address), text);
      return saidBy(await closing(await listener.accept()).receive());
    },
  ),
  own(
    'accept-goes-on',
    'a call that blocks goes on when somebody comes',
    'come',
    goesOn('accept4', 'accept4'),
    goesOn('server-accept', 'epoll'),
  ),
  own(
    'accept-interrupted',
    'a handler without SA_RESTART runs while it blocks',
    'EINTR',
    restarts,
    different('signal, then come', 'the handler runs meanwhile', async () => {
      const { address, fd } = server();
      const peer = await accepting('server-accept', 'epoll', fd);
      return acrossSignalOf(peer, () => {
        post(connectedTo('seqpacket', address), 'come');
      });
    }),
  ),
];
